//! PNG (third edition): a signature, then chunks with a length, a name and a check sum. Only chunks that are known to be
//! needed to show the picture are kept.

use super::editor::Editor;
use super::exif;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The chunks that say how the picture looks, those of moving ones included. `sPLT` is not among them, since it has a name.
const SHOWN: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// The picture and nothing else; none if it is not whole.
pub(super) fn keep_picture(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut file = Editor::new(bytes);
    if file.get(0..SIGNATURE.len())? != SIGNATURE {
        return None;
    }
    file.keep(0..SIGNATURE.len());
    let (mut at, mut has_data, mut has_exif) = (SIGNATURE.len(), false, false);
    loop {
        let length = usize::try_from(u32::from_be_bytes(file.array(at)?)).ok()?;
        let name: [u8; 4] = file.array(at + 4)?;
        let data_end = (at + 8).checked_add(length)?;
        let end = data_end.checked_add(4)?;
        let data = file.get(at + 8..data_end)?;
        let is_first = at == SIGNATURE.len();
        if is_first != (name == *b"IHDR") || (is_first && !is_header(data)) {
            return None;
        }
        if SHOWN.contains(&&name) {
            let sum = u32::from_be_bytes(file.array(data_end)?);
            if sum != crc32(file.get(at + 4..data_end)?) {
                return None;
            }
            file.keep(at..end);
        } else if name == *b"eXIf" {
            // Only the first counts, whatever it says.
            if !has_exif && let Some(value) = exif::orientation(data) {
                file.replace(end, &chunk(value));
            }
            has_exif = true;
        } else if !name.iter().all(u8::is_ascii_alphabetic) || name[0].is_ascii_uppercase() {
            // A chunk without which the picture cannot be shown, and nobody knows it.
            return None;
        }
        has_data |= name == *b"IDAT";
        at = end;
        if name == *b"IEND" {
            return has_data.then(|| file.finish());
        }
    }
}

/// Whether a header says that there is a picture: sides of 1 to 2^31 - 1.
fn is_header(data: &[u8]) -> bool {
    let side =
        |bytes: &[u8]| (1..=0x7fff_ffff_u32).contains(&bytes.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)));
    data.len() == 13 && side(&data[..4]) && side(&data[4..8])
}

/// A chunk that says only which side is up.
fn chunk(orientation: u8) -> [u8; 12 + exif::LENGTH] {
    let mut chunk = [0; 12 + exif::LENGTH];
    chunk[3] = exif::LENGTH as u8;
    chunk[4..8].copy_from_slice(b"eXIf");
    chunk[8..8 + exif::LENGTH].copy_from_slice(&exif::of_orientation(orientation));
    let sum = crc32(&chunk[4..8 + exif::LENGTH]);
    chunk[8 + exif::LENGTH..].copy_from_slice(&sum.to_be_bytes());
    chunk
}

/// The check sum of annex D.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |sum, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        let (mut sum, mut bit) = (number as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[number] = sum;
        number += 1;
    }
    table
}

//! WebP (RFC 9649): a RIFF container of chunks with a name and a length, each padded to an even length. Only chunks that are
//! known to be needed to show the picture are kept.

use super::editor::Editor;
use super::exif;

/// Where the first chunk stands, and where its data.
const FIRST: usize = 12;
/// In the flags of the extended header: there is EXIF, and there is XMP.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// What stands in a frame of a moving picture before its own chunks.
const FRAME_HEADER: usize = 16;

/// The picture and nothing else; none if it is not whole.
pub(super) fn keep_picture(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut file = Editor::new(bytes);
    if file.get(0..4)? != b"RIFF" || file.get(8..FIRST)? != b"WEBP" {
        return None;
    }
    let whole = 8_usize.checked_add(usize::try_from(u32::from_le_bytes(file.array(4)?)).ok()?)?;
    if whole > file.len() {
        return None;
    }
    file.keep(0..FIRST);
    let (mut at, mut flags, mut has_picture) = (FIRST, None, false);
    let (mut has_exif, mut is_turned) = (false, false);
    while at < whole {
        let Chunk { name, data, end } = chunk(&file, at, whole)?;
        let is_first = at == FIRST;
        let is_extended = flags.is_some();
        match &name {
            b"VP8X" if is_first && data.len() >= 10 => {
                flags = file.byte(data.start);
                file.keep(at..end);
            }
            b"VP8 " | b"VP8L" if (is_first || is_extended) && !has_picture && data.len() > 4 => {
                has_picture = true;
                file.keep(at..end);
            }
            b"ANMF" if is_extended && is_frame(&file, data.start, data.end) => {
                has_picture = true;
                file.keep(at..end);
            }
            b"ANIM" | b"ALPH" | b"ICCP" if is_extended => file.keep(at..end),
            // Only the first counts, whatever it says.
            b"EXIF" if is_extended => {
                if !has_exif && let Some(value) = file.get(data).and_then(exif::orientation) {
                    is_turned = file.replace(end, &turned(value));
                }
                has_exif = true;
            }
            b"VP8X" | b"VP8 " | b"VP8L" | b"ANMF" => return None,
            // XMP, and what nobody knows. The first chunk has to be of the picture.
            _ if is_first => return None,
            _ => {}
        }
        at = end;
    }
    if !has_picture {
        return None;
    }
    if let Some(flags) = flags {
        let flags = (flags & !(HAS_EXIF | HAS_XMP)) | if is_turned { HAS_EXIF } else { 0 };
        file.patch(FIRST + 8, &[flags]);
    }
    let length = u32::try_from(file.kept() - 8).ok()?;
    file.patch(4, &length.to_le_bytes());
    Some(file.finish())
}

struct Chunk {
    name: [u8; 4],
    data: std::ops::Range<usize>,
    /// With the padding.
    end: usize,
}

fn chunk(file: &Editor, at: usize, whole: usize) -> Option<Chunk> {
    let name = file.array(at)?;
    let length = usize::try_from(u32::from_le_bytes(file.array(at + 4)?)).ok()?;
    let start = at + 8;
    let data = start..start.checked_add(length)?;
    let end = data.end.checked_add(length % 2)?;
    (end <= whole).then_some(Chunk { name, data, end })
}

/// Whether a frame of a moving picture holds a picture, and nothing but.
fn is_frame(file: &Editor, start: usize, end: usize) -> bool {
    let (mut at, mut has_picture) = (start + FRAME_HEADER, false);
    while at < end {
        match chunk(file, at, end) {
            Some(Chunk { name, end, .. }) if matches!(&name, b"VP8 " | b"VP8L" | b"ALPH") => {
                has_picture |= name != *b"ALPH";
                at = end;
            }
            _ => return false,
        }
    }
    has_picture
}

/// A chunk that says only which side is up.
fn turned(orientation: u8) -> [u8; 8 + exif::LENGTH] {
    let mut chunk = [0; 8 + exif::LENGTH];
    chunk[..4].copy_from_slice(b"EXIF");
    chunk[4] = exif::LENGTH as u8;
    chunk[8..].copy_from_slice(&exif::of_orientation(orientation));
    chunk
}

//! Made-up files, as small as their formats allow: whole, and with what must not be kept.

/// Where a photograph was taken, as no other words have it.
pub(super) const POSITION: &[u8] = b"GPS 23.8103N 90.4125E";

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
    })
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&name[..], data].concat();
    [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &body, &crc32(&body).to_be_bytes()].concat()
}

/// A PNG of one white pixel, with these bytes in a chunk that belongs to its picture.
pub(crate) fn png_of(data: &[u8]) -> Vec<u8> {
    let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let pixel = [0x78, 0x01, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00];
    let more = if data.is_empty() { Vec::new() } else { chunk(b"IDAT", data) };
    [b"\x89PNG\r\n\x1a\n".to_vec(), header, chunk(b"IDAT", &pixel), more, chunk(b"IEND", b"")].concat()
}

/// A PNG of one white pixel.
pub(crate) fn png() -> Vec<u8> {
    png_of(b"")
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), payload].concat()
}

/// EXIF of a photograph that was taken with the camera turned, at a position.
fn exif() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &1_u32.to_be_bytes(), &value].concat()
    };
    [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec(),
        entry(0x0112, 3, [0, 6, 0, 0]),
        entry(0x8825, 4, [0, 0, 0, 38]),
        vec![0; 4],
        POSITION.to_vec(),
    ]
    .concat()
}

/// A JPEG as a camera writes it: with EXIF, XMP, IPTC, a comment, and a second picture behind the end.
pub(super) fn photo() -> Vec<u8> {
    let picture = [
        segment(0xdb, &[1; 65]),
        segment(0xc0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        segment(0xc4, &[0; 20]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![0x12, 0xff, 0x00, 0x34, 0xff, 0xd9],
    ]
    .concat();
    [
        vec![0xff, 0xd8],
        segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        segment(0xe1, &exif()),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", POSITION].concat()),
        segment(0xed, &[b"Photoshop 3.0\0", POSITION].concat()),
        segment(0xfe, POSITION),
        picture,
        POSITION.to_vec(),
    ]
    .concat()
}

/// A WebP with EXIF and XMP behind its picture.
pub(super) fn webp() -> Vec<u8> {
    let riff = |name: &[u8; 4], data: &[u8]| {
        let mut chunk = [&name[..], &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
        chunk.extend(vec![0; data.len() % 2]);
        chunk
    };
    let body = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &[0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        riff(b"VP8L", b"\x2f\0\0\0\0\x07\x10\x11\x11\x88\x88\xfe\x07\0"),
        riff(b"EXIF", &exif()[6..]),
        riff(b"XMP ", POSITION),
    ]
    .concat();
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

/// A document without a page.
pub(crate) fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n".to_vec()
}

pub(super) fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

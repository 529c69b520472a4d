//! EXIF, of which only one thing is wanted: which side of a picture is up. Everything else in it is dropped with it.

/// The length of what [`of_orientation`] makes.
pub(super) const LENGTH: usize = 26;

/// Reads which side is up out of a TIFF block: 2 to 8, as EXIF 2.32 (4.6.4, tag 0x0112) counts them. None where it is the
/// usual one, or cannot be read.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let first = usize::try_from(if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()?;
    let entries = usize::from(u16_at(first)?);
    let entry = |number: usize| first.checked_add(2 + number * 12);
    let found = (0..entries).filter_map(entry).find(|at| u16_at(*at) == Some(0x0112))?;
    let is_short = u16_at(found + 2) == Some(3);
    let value = u8::try_from(u16_at(found + 8)?).ok()?;
    (is_short && (2..=8).contains(&value)).then_some(value)
}

/// A TIFF block that says nothing but which side is up.
pub(super) const fn of_orientation(value: u8) -> [u8; LENGTH] {
    [
        b'M', b'M', 0, b'*', 0, 0, 0, 8, // the header, and where the directory is
        0, 1, // one entry
        0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, // the orientation, one short
        0, 0, 0, 0, // no further directory
    ]
}

//! EXIF, of which only one thing is wanted: which side of a picture is up. Everything else in it is dropped with it.

/// The length of what [`of_orientation`] makes.
pub(super) const LENGTH: usize = 26;

/// Bytes of an entry of a directory.
const ENTRY: usize = 12;

/// The first directory of a TIFF block.
pub(super) struct Directory<'a> {
    tiff: &'a [u8],
    is_little: bool,
    /// Where its entries begin.
    start: usize,
    /// How many there are: never more than the block has room for, whatever it says.
    pub(super) entries: usize,
}

impl<'a> Directory<'a> {
    pub(super) fn find(tiff: &'a [u8]) -> Option<Self> {
        let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
        let is_little = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let four: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
        let first =
            usize::try_from(if is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()?;
        let start = first.checked_add(2)?;
        let room = tiff.len().checked_sub(start)? / ENTRY;
        let directory = Self { tiff, is_little, start, entries: room };
        let entries = usize::from(directory.u16_at(first)?).min(room);
        Some(Self { entries, ..directory })
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        let pair: [u8; 2] = self.tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    }

    fn orientation(&self) -> Option<u8> {
        let mut entries = (0..self.entries).map(|number| self.start + number * ENTRY);
        let found = entries.find(|at| self.u16_at(*at) == Some(0x0112))?;
        let is_short = self.u16_at(found + 2) == Some(3);
        let value = u8::try_from(self.u16_at(found + 8)?).ok()?;
        (is_short && (2..=8).contains(&value)).then_some(value)
    }
}

/// Reads which side is up out of a TIFF block: 2 to 8, as EXIF 2.32 (4.6.4, tag 0x0112) counts them. None where it is the
/// usual one, or cannot be read. Looks at each byte at most once; to be asked for the first block of a file alone, as
/// whoever shows the picture does.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    Directory::find(tiff)?.orientation()
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

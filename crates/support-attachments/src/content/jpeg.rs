//! JPEG (ITU-T T.81, annex B): segments, each with a marker and a length, and behind some of them the picture's data.
//! Only segments that are known to be needed to show the picture are kept.

use super::editor::Editor;
use super::exif;

const ICC: &[u8] = b"ICC_PROFILE\0";

/// What becomes of a segment.
enum Fate {
    Keep,
    Drop,
    /// The frame's header, without which there is no picture.
    Frame,
    /// The header of a scan: the picture's data comes behind it.
    Scan,
    /// Perhaps EXIF.
    Exif,
    /// Cannot be in a picture.
    Damaged,
}

fn fate(marker: u8, payload: &[u8]) -> Fate {
    let keep_if = |needed: bool| if needed { Fate::Keep } else { Fate::Drop };
    match marker {
        // Tables: Huffman, arithmetic, quantization; number of lines, restart interval, progression.
        0xc4 | 0xcc | 0xdb..=0xdf => Fate::Keep,
        0xc0..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => Fate::Frame,
        0xda => Fate::Scan,
        // JFIF without a thumbnail, and Adobe's note about the colours; both have one length.
        0xe0 => keep_if(payload.len() == 14 && payload.starts_with(b"JFIF\0") && payload.ends_with(&[0, 0])),
        0xee => keep_if(payload.len() == 12 && payload.starts_with(b"Adobe")),
        0xe1 => Fate::Exif,
        0xe2 => keep_if(payload.starts_with(ICC)),
        // Everything else of applications, comments, extensions.
        0xc8 | 0xe3..=0xed | 0xef..=0xfe => Fate::Drop,
        _ => Fate::Damaged,
    }
}

/// The picture and nothing else; none if it is not whole.
pub(super) fn keep_picture(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut file = Editor::new(bytes);
    file.keep(0..2);
    let (mut at, mut has_frame, mut has_scan, mut has_exif) = (2, false, false, false);
    loop {
        // Between segments there may be fill bytes, and some cameras leave others; neither is kept.
        let mark = at + file.rest(at).windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
        let marker = file.byte(mark + 1)?;
        match marker {
            0xd9 if has_frame && has_scan => {
                file.keep(mark..mark + 2);
                return Some(file.finish());
            }
            // An end without a picture, and a picture within the picture.
            0xd8 | 0xd9 => return None,
            0x01 | 0xd0..=0xd7 => {
                at = mark + 2;
                continue;
            }
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(file.array(mark + 2)?));
        let end = mark + 2 + length;
        let payload = file.get(mark + 4..end)?;
        at = end;
        match fate(marker, payload) {
            Fate::Keep => file.keep(mark..end),
            Fate::Drop => {}
            Fate::Frame => {
                let sides = payload.get(1..5)?;
                if has_frame || sides[..2] == [0, 0] || sides[2..] == [0, 0] {
                    return None;
                }
                has_frame = true;
                file.keep(mark..end);
            }
            Fate::Scan if !has_frame => return None,
            Fate::Scan => {
                has_scan = true;
                at = end + data_length(file.rest(end))?;
                file.keep(mark..at);
            }
            // Only the first counts, whatever it says: of many, each read anew, nothing would bound the work.
            Fate::Exif if has_exif => {}
            Fate::Exif => {
                let exif = payload.strip_prefix(b"Exif\0\0");
                has_exif = exif.is_some();
                if let Some(value) = exif.and_then(exif::orientation) {
                    file.replace(end, &segment(value));
                }
            }
            Fate::Damaged => return None,
        }
    }
}

/// How long the data of a scan is: up to a marker that is neither a stuffed byte nor a restart.
fn data_length(data: &[u8]) -> Option<usize> {
    data.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff))
}

/// An EXIF segment that says only which side is up.
fn segment(orientation: u8) -> [u8; 10 + exif::LENGTH] {
    let mut segment = [0; 10 + exif::LENGTH];
    segment[..10].copy_from_slice(&[0xff, 0xe1, 0, 8 + exif::LENGTH as u8, b'E', b'x', b'i', b'f', 0, 0]);
    segment[10..].copy_from_slice(&exif::of_orientation(orientation));
    segment
}

//! Made-up files, whole and broken: what is kept of them, and what is not.

use proptest::prelude::*;
use support_domain::{MediaType, MediaTypes};

use super::png::crc32;
use super::{Examined, Refusal, examine, exif};

/// Words that stand nowhere in a picture.
const CANARY: &[u8] = b"lat 23.8103 lon 90.4125";

fn look(bytes: &[u8]) -> Result<Examined, Refusal> {
    examine(bytes.to_vec(), &MediaTypes::all())
}

#[track_caller]
fn kept(bytes: &[u8]) -> Vec<u8> {
    let examined = look(bytes).unwrap();
    assert!(examined.bytes.len() <= bytes.len(), "nothing grows");
    let again = examine(examined.bytes.clone(), &MediaTypes::all()).unwrap();
    assert_eq!(again, examined, "a second time changes nothing");
    examined.bytes
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

/// A TIFF block with an orientation, and a position behind it.
fn tiff(orientation: u16, little: bool) -> Vec<u8> {
    let two = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let four = |number: u32| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let mut block = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    block.extend(four(8));
    block.extend(two(2));
    for (tag, kind, count, value) in
        [(0x0112, 3, 1, [two(orientation), two(0)].concat()), (0x8825, 4, 1, four(38).to_vec())]
    {
        block.extend(two(tag));
        block.extend(two(kind));
        block.extend(four(count));
        block.extend(value);
    }
    block.extend(four(0));
    block.extend(CANARY);
    block
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), payload].concat()
}

const JFIF: &[u8] = b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0";

/// A JPEG with these segments before its picture, and this behind its end.
fn jpeg(segments: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    file.extend(segment(0xe0, JFIF));
    file.extend(segments.concat());
    file.extend(segment(0xdb, &[1; 65]));
    file.extend(segment(0xc0, &[8, 0, 16, 0, 16, 1, 1, 0x11, 0]));
    file.extend(segment(0xc4, &[0; 20]));
    file.extend(segment(0xda, &[1, 1, 0, 0, 63, 0]));
    file.extend([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xff, 0xd9]);
    file.extend(behind);
    file
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&name[..], data].concat();
    [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &body, &crc32(&body).to_be_bytes()].concat()
}

fn png(chunks: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let header = [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0];
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunks.concat(),
        chunk(b"IDAT", b"picture"),
        chunk(b"IEND", b""),
        behind.to_vec(),
    ]
    .concat()
}

fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = [&name[..], &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
    chunk.extend(vec![0; data.len() % 2]);
    chunk
}

fn webp(chunks: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body, behind].concat()
}

fn extended(flags: u8) -> Vec<u8> {
    riff(b"VP8X", &[flags, 0, 0, 0, 15, 0, 0, 15, 0, 0])
}

fn pdf(behind: &[u8]) -> Vec<u8> {
    [&b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"[..], behind].concat()
}

#[test]
fn a_check_sum_is_the_standards() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn a_picture_keeps_nothing_but_the_picture() {
    let exif = [b"Exif\0\0".to_vec(), tiff(1, true)].concat();
    let photo = jpeg(
        &[
            segment(0xe1, &exif),
            segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", CANARY].concat()),
            segment(0xed, &[b"Photoshop 3.0\0", CANARY].concat()),
            segment(0xe2, &[b"MPF\0", CANARY].concat()),
            segment(0xe5, CANARY),
            segment(0xfe, CANARY),
        ],
        &[b"<script>", CANARY].concat(),
    );
    assert_eq!(kept(&photo), jpeg(&[], b""));
    let text = |name: &[u8; 4]| chunk(name, CANARY);
    let shot =
        png(&[text(b"tEXt"), text(b"zTXt"), text(b"iTXt"), chunk(b"eXIf", &tiff(1, false)), text(b"prVt")], CANARY);
    assert_eq!(kept(&shot), png(&[], b""));
    let picture = riff(b"VP8 ", b"picture");
    let image = webp(
        &[extended(0x2c), picture.clone(), riff(b"EXIF", &tiff(1, true)), riff(b"XMP ", CANARY), riff(b"junk", CANARY)],
        CANARY,
    );
    assert_eq!(kept(&image), webp(&[extended(0x20), picture], b""));
}

#[test]
fn colours_stay_as_they_were() {
    let profile = segment(0xe2, &[b"ICC_PROFILE\0\x01\x01".to_vec(), vec![7; 100]].concat());
    let adobe = segment(0xee, b"Adobe\0\x64\0\0\0\0\x01");
    let photo = jpeg(&[profile, adobe], b"");
    assert_eq!(kept(&photo), photo);
    let shot = png(&[chunk(b"gAMA", &[0, 0, 1, 2]), chunk(b"iCCP", b"icc\0\0data"), chunk(b"tRNS", &[0; 6])], b"");
    assert_eq!(kept(&shot), shot);
    let image =
        webp(&[extended(0x20), riff(b"ICCP", b"profile"), riff(b"ALPH", b"alpha"), riff(b"VP8 ", b"picture")], b"");
    assert_eq!(kept(&image), image);
    let moving = riff(b"ANMF", &[vec![0; 16], riff(b"VP8L", b"picture")].concat());
    let moving = webp(&[extended(0x02), riff(b"ANIM", &[0; 6]), moving.clone(), moving], b"");
    assert_eq!(kept(&moving), moving);
}

#[test]
fn which_side_is_up_stays_and_where_it_was_goes() {
    for value in 2..=8_u8 {
        for little in [true, false] {
            let block = tiff(u16::from(value), little);
            assert_eq!(exif::orientation(&block), Some(value));
            assert_eq!(exif::orientation(&exif::of_orientation(value)), Some(value));
            let photo = kept(&jpeg(&[segment(0xe1, &[b"Exif\0\0", &block[..]].concat())], b""));
            let alone = segment(0xe1, &[b"Exif\0\0", &exif::of_orientation(value)[..]].concat());
            assert_eq!(photo, jpeg(&[alone], b""));
            let shot = kept(&png(&[chunk(b"eXIf", &block)], b""));
            assert_eq!(shot, png(&[chunk(b"eXIf", &exif::of_orientation(value))], b""));
            let image = kept(&webp(&[extended(0x0c), riff(b"VP8L", b"picture"), riff(b"EXIF", &block)], b""));
            let alone = riff(b"EXIF", &exif::of_orientation(value));
            assert_eq!(image, webp(&[extended(0x08), riff(b"VP8L", b"picture"), alone], b""));
            assert!(![photo, shot, image].iter().any(|bytes| holds(bytes, CANARY)));
        }
    }
    for value in [0, 1, 9, 300] {
        assert_eq!(exif::orientation(&tiff(value, true)), None, "{value}");
    }
}

#[test]
fn a_document_ends_where_it_says() {
    assert_eq!(kept(&pdf(b"")), pdf(b""));
    assert_eq!(kept(&pdf(b"PK\x03\x04 an archive")), pdf(b""));
    let twice = [pdf(b""), pdf(b"")].concat();
    assert_eq!(kept(&twice), twice, "a document that was changed has several ends");
}

#[test]
fn what_is_not_whole_is_damaged() {
    let whole = [
        jpeg(&[segment(0xe1, &[b"Exif\0\0".to_vec(), tiff(6, true)].concat())], b""),
        png(&[chunk(b"gAMA", &[0; 4])], b""),
        webp(&[riff(b"VP8L", b"picture!")], b""),
    ];
    for file in &whole {
        for end in 12..file.len() {
            assert_eq!(look(&file[..end]), Err(Refusal::Damaged), "the first {end} bytes");
        }
    }
    assert_eq!(look(b"%PDF-1.7 and nothing more"), Err(Refusal::Damaged));
    let mut flipped = png(&[], b"");
    let at = flipped.len() - 20;
    flipped[at] ^= 1;
    assert_eq!(look(&flipped), Err(Refusal::Damaged), "a check sum is wrong");
    for broken in [
        [&[0xff, 0xd8][..], &segment(0xe0, JFIF), &[0xff, 0xd9]].concat(),
        png(&[chunk(b"IHDR", &[0; 13])], b""),
        png(&[chunk(b"NEWC", b"unknown, and needed")], b""),
        webp(&[extended(0)], b""),
        webp(&[riff(b"VP8 ", b"picture"), extended(0)], b""),
        webp(
            &[extended(2), riff(b"ANMF", &[vec![0; 16], riff(b"VP8L", b"picture"), riff(b"junk", CANARY)].concat())],
            b"",
        ),
    ] {
        assert_eq!(look(&broken), Err(Refusal::Damaged));
    }
}

#[test]
fn what_is_something_else_is_not_taken() {
    for other in [
        &b"<!DOCTYPE html><script>alert(1)</script>"[..],
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>",
        b"<?xml version=\"1.0\"?><a/>",
        b"PK\x03\x04 an archive",
        b"MZ a program",
        b"\x7fELF a program",
        b"GIF89a a picture of another kind",
        b"just words",
        b"<html>%PDF-1.7 startxref %%EOF",
        b"\0",
        b"\xff\xd8",
    ] {
        assert_eq!(look(other), Err(Refusal::Type), "{}", String::from_utf8_lossy(other));
    }
    assert_eq!(look(b""), Err(Refusal::Empty));
    let pictures = MediaTypes::parse("image/png").unwrap();
    assert_eq!(examine(pdf(b""), &pictures), Err(Refusal::Type));
    assert_eq!(examine(png(&[], b""), &pictures).unwrap().media_type, MediaType::Png);
}

#[test]
fn a_block_has_no_more_entries_than_room_for_them() {
    for (declared, room, entries) in [(u16::MAX, 0, 0), (u16::MAX, 11, 0), (u16::MAX, 40, 3), (2, 40, 2), (0, 40, 0)] {
        let block = [&b"MM\0*\0\0\0\x08"[..], &declared.to_be_bytes(), &vec![0; room]].concat();
        assert_eq!(exif::Directory::find(&block).map(|directory| directory.entries), Some(entries));
    }
    for far in [[0, 0, 0, 9], [0, 0, 0, 10], [0xff; 4]] {
        assert!(exif::Directory::find(&[&b"MM\0*"[..], &far, &[0xff, 0xff]].concat()).is_none(), "{far:?}");
    }
}

#[test]
fn only_the_first_block_of_a_file_is_read() {
    let block = |orientation| [b"Exif\0\0".to_vec(), tiff(orientation, true)].concat();
    // What is no EXIF does not count.
    let other = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0");
    let many = |first: Vec<u8>| jpeg(&[other.clone(), segment(0xe1, &first), segment(0xe1, &block(6))], b"");
    for first in [block(1), b"Exif\0\0".to_vec(), b"Exif\0\0MM\0*\0\0\0\x08\xff\xff".to_vec()] {
        assert_eq!(kept(&many(first)), jpeg(&[], b""));
    }
    assert_eq!(kept(&many(block(3))).len(), jpeg(&[], b"").len() + 10 + exif::LENGTH);
    let shot = png(&[chunk(b"eXIf", &tiff(1, false)), chunk(b"eXIf", &tiff(6, false))], b"");
    assert_eq!(kept(&shot), png(&[], b""));
    let picture = riff(b"VP8 ", b"picture");
    let exif = |orientation| riff(b"EXIF", &tiff(orientation, true));
    let image = webp(&[extended(0x08), picture.clone(), exif(1), exif(6)], b"");
    assert_eq!(kept(&image), webp(&[extended(0), picture], b""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_it_panic_or_grow(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0..4_usize) {
        let beginning: &[u8] = [&b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X", b"%PDF-1"][which];
        let file = [beginning, &bytes].concat();
        if let Ok(examined) = look(&file) {
            prop_assert!(examined.bytes.len() <= file.len());
        }
    }

    #[test]
    fn whatever_is_changed_in_a_file_what_is_kept_is_stable(at in 0..400_usize, to in any::<u8>(), which in 0..3_usize) {
        let exif = [b"Exif\0\0".to_vec(), tiff(6, true)].concat();
        let mut file = match which {
            0 => jpeg(&[segment(0xe1, &exif), segment(0xfe, CANARY)], CANARY),
            1 => png(&[chunk(b"eXIf", &tiff(3, false)), chunk(b"tEXt", CANARY)], CANARY),
            _ => webp(&[extended(0x08), riff(b"VP8 ", b"picture"), riff(b"EXIF", &tiff(8, true))], CANARY),
        };
        let at = at % file.len();
        file[at] = to;
        if let Ok(examined) = look(&file) {
            prop_assert!(examined.bytes.len() <= file.len());
            prop_assert_eq!(look(&examined.bytes), Ok(examined));
        }
    }

    #[test]
    fn no_block_of_exif_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), little in any::<bool>()) {
        let file = [if little { &b"II*\0"[..] } else { b"MM\0*" }, &bytes].concat();
        prop_assert!(exif::orientation(&file).is_none_or(|value| (2..=8).contains(&value)));
    }
}

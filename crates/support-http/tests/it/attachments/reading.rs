//! Reading: the bytes, what a browser is told about them, and what is no longer in them.

use serde_json::json;

use super::pictures::{POSITION, holds, pdf, photo, png, png_of, webp};
use crate::harness::{Backend, Desk};

on_both_backends!(
    a_browser_is_told_what_to_do_with_a_file_and_to_guess_nothing,
    pictures_hold_no_position_and_nothing_behind_their_end,
    a_large_file_comes_back_as_it_was,
    bytes_that_are_gone_are_not_found,
);

fn a_browser_is_told_what_to_do_with_a_file_and_to_guess_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Headers", "Hello");
    for (name, bytes, kind, how) in [
        ("a b.png", png(), "image/png", "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
        ("a.pdf", pdf(), "application/pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
    ] {
        let attachment = driver.upload(name, &bytes);
        driver.send_files(&opened, &[&attachment]);
        for person in [&driver, &admin] {
            let answer = person.fetch(&attachment).expect(200);
            assert_eq!(answer.bytes, bytes);
            assert_eq!(answer.header("content-type"), kind);
            assert_eq!(answer.header("content-length"), bytes.len().to_string());
            assert_eq!(answer.header("content-disposition"), how);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(answer.header("cache-control"), "private, no-store");
            assert_eq!(answer.header("accept-ranges"), "none");
        }
    }
}

fn pictures_hold_no_position_and_nothing_behind_their_end(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for (name, bytes) in [("photo.jpg", photo()), ("picture.webp", webp())] {
        assert!(holds(&bytes, POSITION));
        let attachment = driver.upload(name, &bytes);
        let read = driver.fetch(&attachment).expect(200).bytes;
        assert!(!holds(&read, POSITION) && !holds(&read, b"xap") && !holds(&read, b"Photoshop"));
        // The pointer to the position is gone, the orientation is there.
        assert!(!holds(&read, &[0x88, 0x25]) && holds(&read, &[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]));
        assert_eq!(attachment["fileSize"], json!(read.len()));
    }
    let hidden = [png(), b"PK\x03\x04 an archive behind the end".to_vec()].concat();
    assert_eq!(driver.fetch(&driver.upload("two.png", &hidden)).expect(200).bytes, png());
    let hidden = [pdf(), b"<script>behind the end</script>".to_vec()].concat();
    assert_eq!(driver.fetch(&driver.upload("two.pdf", &hidden)).expect(200).bytes, pdf());
    assert!(desk.database.kept_files().iter().all(|kept| !holds(kept, POSITION)));
}

fn a_large_file_comes_back_as_it_was(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let pixels: Vec<u8> = (0..9_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let large = png_of(&pixels);
    let attachment = driver.upload("large.png", &large);
    assert!(driver.fetch(&attachment).expect(200).bytes == large, "not the bytes that were sent");
}

fn bytes_that_are_gone_are_not_found(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let attachment = driver.upload("a.png", &png());
    std::fs::remove_dir_all(desk.database.files()).expect("the folder is there");
    driver.fetch(&attachment).refused(404, "not_found");
}

//! A scanner that has to find files clean: made up here, as the daemon of ClamAV speaks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::pictures::{holds, pdf, png};
use crate::harness::{Backend, Desk, eventually};

on_both_backends!(
    what_is_clean_is_taken_and_what_is_not_is_refused,
    what_nobody_has_looked_at_is_unreadable_until_somebody_has,
    what_is_found_later_is_removed,
);

/// How the daemon is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Finds what holds [`HARM`].
    Well,
    /// Hangs up without a word.
    Away,
    /// Says something that is no verdict.
    Confused,
}

const HARM: &[u8] = b"harmful to the tests";

/// A daemon on a port of its own, for as long as the test runs.
#[derive(Debug, Clone)]
pub(crate) struct Clamd {
    pub(crate) address: String,
    mood: Arc<Mutex<Mood>>,
    seen: Arc<Mutex<usize>>,
}

impl Clamd {
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let daemon = Self { address, mood: Arc::new(Mutex::new(mood)), seen: Arc::default() };
        let here = daemon.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let here = here.clone();
                thread::spawn(move || here.answer(stream));
            }
        });
        daemon
    }

    pub(crate) fn become_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn seen(&self) -> usize {
        *self.seen.lock().unwrap()
    }

    /// Nobody waits for this: a client that hangs up is no failure.
    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mood = *self.mood.lock().unwrap();
        *self.seen.lock().unwrap() += 1;
        if mood == Mood::Away {
            return None;
        }
        let mut command = [0; 10];
        stream.read_exact(&mut command).ok()?;
        assert_eq!(&command, b"zINSTREAM\0");
        let mut file = Vec::new();
        loop {
            let mut length = [0; 4];
            stream.read_exact(&mut length).ok()?;
            let length = u32::from_be_bytes(length) as usize;
            if length == 0 {
                break;
            }
            let start = file.len();
            file.resize(start + length, 0);
            stream.read_exact(&mut file[start..]).ok()?;
        }
        let answer: &[u8] = match mood {
            Mood::Confused => b"ERROR out of memory\0",
            _ if holds(&file, HARM) => b"stream: Test-Signature FOUND\0",
            _ => b"stream: OK\0",
        };
        stream.write_all(answer).ok()
    }
}

fn guarded(backend: Backend, clamd: &Clamd) -> Desk {
    Desk::plan(backend)
        .set("SUPPORT_CLAMAV_ADDRESS", &clamd.address)
        .set("SUPPORT_ATTACHMENT_SWEEP_SECONDS", "1")
        .start()
}

fn harmful() -> Vec<u8> {
    let mut document = pdf();
    document.splice(9..9, HARM.iter().copied());
    document
}

fn what_is_clean_is_taken_and_what_is_not_is_refused(backend: Backend) {
    let clamd = Clamd::start(Mood::Well);
    let desk = guarded(backend, &clamd);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Scanned", "Hello");
    let attachment = driver.upload("a.png", &png());
    driver.fetch(&attachment).expect(200);
    driver.send_files(&opened, &[&attachment]);
    driver.try_upload("bad.pdf", &harmful()).refused_field("file");
    assert_eq!((desk.database.count("support_attachments"), desk.database.kept_files().len()), (1, 1));
    assert_eq!(clamd.seen(), 2);
    // What is no file of a known type is not shown to it.
    driver.try_upload("x", b"words").refused(415, "unsupported_media_type");
    assert_eq!(clamd.seen(), 2);
}

fn what_nobody_has_looked_at_is_unreadable_until_somebody_has(backend: Backend) {
    for mood in [Mood::Away, Mood::Confused] {
        let clamd = Clamd::start(mood);
        let desk = guarded(backend, &clamd);
        let (driver, other) = (desk.driver("driver-1", "BD"), desk.driver("driver-2", "BD"));
        let opened = driver.open("Waiting", "Hello");
        let attachment = driver.upload("a.png", &png());
        let refusal = driver.fetch(&attachment).refused(503, "unavailable");
        assert!(refusal.header("retry-after").parse::<u64>().is_ok());
        other.fetch(&attachment).refused(404, "not_found");
        driver.try_send_files(&opened, &[&attachment]).refused_field("attachmentIds");
        clamd.become_mood(Mood::Well);
        eventually("it is found clean", || driver.fetch(&attachment).status == 200);
        driver.send_files(&opened, &[&attachment]);
    }
}

fn what_is_found_later_is_removed(backend: Backend) {
    let clamd = Clamd::start(Mood::Away);
    let desk = guarded(backend, &clamd);
    let driver = desk.driver("driver-1", "BD");
    let (bad, good) = (driver.upload("bad.pdf", &harmful()), driver.upload("good.pdf", &pdf()));
    driver.fetch(&bad).refused(503, "unavailable");
    clamd.become_mood(Mood::Well);
    eventually("the harmful one is gone", || driver.fetch(&bad).status == 404);
    eventually("the other one is ready", || driver.fetch(&good).status == 200);
    eventually("its bytes are gone", || desk.database.kept_files() == [pdf()]);
}

//! The pictures in docs/images. `scripts/screenshots` makes them; in an ordinary run it is only seen that it could.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Address, Browser, Server, scratch_folder};

/// More would make a checkout slow.
const MOST_BYTES: usize = 200_000;

/// Where to put them; nothing means nowhere.
const FOLDER: &str = "SUPPORT_SCREENSHOTS";

/// The demo in a browser, and where its pictures are to be put.
pub(crate) struct Studio {
    pub(crate) browser: Browser,
    address: Address,
    folder: Option<PathBuf>,
    _server: Server,
    _scratch: TempDir,
}

impl Studio {
    /// Opens it; nothing where there is no browser.
    #[track_caller]
    pub(crate) fn of_the_demo() -> Option<Self> {
        let browser = Browser::start()?;
        let scratch = scratch_folder();
        let mut server = Server::start("demo", "demo", scratch.path(), &BTreeMap::new());
        let address = Address::default();
        address.set(server.port());
        let folder = env::var_os(FOLDER).map(PathBuf::from);
        if let Some(folder) = &folder {
            assert!(Path::new(folder).is_dir(), "{FOLDER} is no folder");
        }
        Some(Self { browser, address, folder, _server: server, _scratch: scratch })
    }

    /// Goes to a page of the demo.
    #[track_caller]
    pub(crate) fn go(&self, path: &str) {
        self.browser.go(&format!("http://{}{path}", self.address.get()));
    }

    #[track_caller]
    pub(crate) fn theme(&self, name: &str) {
        self.browser.run(&format!("document.documentElement.dataset.theme = '{name}'"));
    }

    pub(crate) fn size(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    #[track_caller]
    pub(crate) fn take(&self, name: &str) {
        self.browser.wait_until("document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations > 1)");
        let picture = self.browser.picture();
        assert!(picture.len() < MOST_BYTES, "{name} has {} bytes", picture.len());
        if let Some(folder) = &self.folder {
            fs::write(folder.join(name), picture).expect("the picture is written");
        }
    }

    #[track_caller]
    fn say(&self, side: &str, words: &str) {
        self.browser.write(&format!("#{side} textarea"), words);
        self.browser.click(&format!("#{side} .send"));
        for side in ["phone", "desk"] {
            let last = format!("[...document.querySelectorAll('#{side} .content')].at(-1)?.innerText");
            self.browser.wait_until(&format!("{last} === {}", json!(words)));
        }
        self.browser
            .wait_until(&format!("[...document.querySelectorAll('#{side} .mark')].at(-1).innerText === 'Read'"));
    }
}

#[test]
fn pictures_can_be_taken_of_a_talk() {
    let Some(studio) = Studio::of_the_demo() else { return };
    studio.size(1320, 840);
    studio.go("/console");
    studio.theme("light");
    talk(&studio);
    // Who leaves the box no longer types.
    studio.browser.wait_until("!document.querySelector('#phone .typing').hidden");
    studio.take("console.png");
    studio.theme("dark");
    cut(&studio);
    studio.take("console-dark.png");
    studio.theme("light");
    narrow(&studio);
}

fn talk(studio: &Studio) {
    let browser = &studio.browser;
    browser.click("[data-person='driver-rahim']");
    browser.click("[data-person='admin-kamal']");
    for side in ["phone", "desk"] {
        let row = "[...document.querySelectorAll('.row')].find((one) => one.innerText.includes('Trip fare'))";
        browser.wait_until(&row.replace("'.row'", &format!("'#{side} .row'")));
        browser.run(&format!("{}.click()", row.replace("'.row'", &format!("'#{side} .row'"))));
        browser.wait_until(&format!("document.querySelectorAll('#{side} .content').length >= 2"));
    }
    browser.click("#desk [data-control=take]");
    browser.wait_until("document.querySelector('#desk .assigned').innerText.includes('(you)')");
    studio.say("phone", "It was trip 8842217, last night at ten.");
    studio.say(
        "desk",
        "I found it. The fare of 340 taka was booked to another wallet; it will be in yours within the hour.",
    );
    studio.say("phone", "\u{9a7}\u{9a8}\u{9cd}\u{9af}\u{9ac}\u{9be}\u{9a6}, \u{985}\u{9a8}\u{9c7}\u{995} \u{989}\u{9aa}\u{995}\u{9be}\u{9b0} \u{9b9}\u{9b2}\u{964}");
    browser.write("#desk textarea", "You are welcome.");
    browser.wait_until("!document.querySelector('#phone .typing').hidden");
}

/// The phone without a network, with what it wrote meanwhile, and the drawer.
fn cut(studio: &Studio) {
    let browser = &studio.browser;
    browser.click("#desk .send");
    browser.click("#phone .cut");
    browser.write("#phone textarea", "I am in a tunnel now.");
    browser.click("#phone .send");
    browser.wait_until("document.querySelector('#phone .pending')");
    browser.click("#traffic-toggle");
    browser.wait_until("document.querySelector('#traffic').checkVisibility()");
    browser.run("document.activeElement.blur()");
}

fn narrow(studio: &Studio) {
    let browser = &studio.browser;
    browser.click("#traffic-toggle");
    browser.click("#phone .cut");
    browser.wait_until(
        "document.querySelector('#phone .state[data-state=live]') && !document.querySelector('#phone .pending')",
    );
    studio.size(390, 780);
    browser.run("document.activeElement.blur()");
    studio.take("console-phone.png");
    browser.click(".sides [value=desk]");
    browser.click("#desk .back");
    browser.run("document.activeElement.blur()");
    studio.take("console-list.png");
}

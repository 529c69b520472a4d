//! The pages of the interfaces in a real browser: what the documents say is shown, and can be tried out. A scenario is left
//! out, and says so, where there is no chromedriver. All of it runs on SQLite: it is the pages that are looked at here.

mod files;
mod keyboard;
mod pictures;
mod rest;
mod sockets;
mod tokens;

use serde_json::{Value, json};

use crate::console::WATCH;
use crate::harness::{Backend, Browser, Desk, Forwarder, Person};

/// Notes what would be in the clipboard, of which a test has none.
const CLIPBOARD: &str = "window.copied = []; Object.defineProperty(navigator, 'clipboard', { value: { \
                         writeText: async (text) => { copied.push(text); } } });";

/// A desk with its pages, open in a browser.
struct Docs {
    browser: Browser,
    desk: Desk,
    origin: String,
    _way: Forwarder,
}

impl Docs {
    /// Opens them at that path and hash; nothing where there is no browser.
    #[track_caller]
    fn open(path: &str) -> Option<Self> {
        let browser = Browser::start()?;
        let way = Forwarder::to_nobody_yet();
        // The page's origin has to be known before the server has its port.
        let origin = format!("http://{}", way.address());
        let desk = Desk::plan(Backend::Sqlite).set("SUPPORT_ALLOWED_ORIGINS", &origin).start();
        way.turn_to(&desk.address().get());
        for script in [WATCH, CLIPBOARD] {
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": script}));
        }
        let docs = Self { browser, desk, origin, _way: way };
        docs.go(path);
        Some(docs)
    }

    /// Loads a page, and waits until it is shown.
    #[track_caller]
    fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.origin));
        self.browser.wait_until("document.querySelector('#about h2')");
    }

    /// Goes to the other interface, and waits until its contents are there: some names are in both.
    #[track_caller]
    fn switch_to(&self, page: &str) {
        self.browser.click(&format!(".tabs a[href='{page}']"));
        self.browser.wait_until(&format!("document.querySelector('.tabs a[href=\"{page}\"][aria-current=page]')"));
    }

    /// Chooses an entry of the contents.
    #[track_caller]
    fn choose(&self, id: &str) {
        self.browser.click(&format!("#entries a[data-id='{id}']"));
        self.browser.wait_until(&format!("document.querySelector('#entries a[data-id={id}][aria-current]')"));
    }

    /// Somebody pastes a token.
    #[track_caller]
    fn paste(&self, person: &Person) {
        self.browser.run("document.querySelector('input[name=token]').value = ''");
        self.browser.write("input[name=token]", person.token.as_deref().expect("a token"));
    }

    /// Sends what is in the form, and returns the status and the body that are shown.
    #[track_caller]
    fn send(&self) -> (String, Value) {
        self.browser.run("document.querySelector('.result').replaceChildren()");
        self.browser.click("#trial form .primary");
        self.browser.wait_until("document.querySelector('.result .status') || document.querySelector('.result .said')");
        let shown = |selector: &str| self.browser.texts(selector).concat();
        let body = serde_json::from_str(&shown(".result pre")).unwrap_or(Value::Null);
        (shown(".result .status"), body)
    }

    /// Nothing that the page's policy forbids was tried, and nothing failed unseen.
    #[track_caller]
    fn nothing_went_wrong(&self) {
        assert_eq!(self.browser.run("return window.wrong"), json!([]));
        assert_eq!(self.browser.run("return window.ran"), json!([]));
    }
}

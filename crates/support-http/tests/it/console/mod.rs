//! The console in a real browser: what a user and the desk see of each other, on one page, over the real server. A
//! scenario is left out, and says so, where there is no chromedriver.
//!
//! All of it runs on SQLite: it is the page that is looked at here. One talk runs on both databases.

mod asset;
mod desk;
mod files;
mod hostile;
mod keyboard;
mod network;
pub(crate) mod pictures;
mod talk;
mod tokens;

use serde_json::json;

use crate::harness::{Backend, Browser, Conversation, Desk, Forwarder, Person};

/// Notes, before anything of the page runs, what must not happen in it.
pub(crate) const WATCH: &str = "window.wrong = []; window.ran = [];
    addEventListener('securitypolicyviolation', (event) => wrong.push(event.violatedDirective + ' ' + event.blockedURI));
    addEventListener('error', (event) => wrong.push(String(event.message)));
    addEventListener('unhandledrejection', (event) => wrong.push(String(event.reason)));
    window.alert = (what) => ran.push(String(what));";

/// A desk with its console, open in a browser.
pub(crate) struct Console {
    pub(crate) browser: Browser,
    pub(crate) desk: Desk,
    /// The browser's way to the server, which a test can cut.
    pub(crate) way: Forwarder,
}

impl Console {
    /// Opens it; nothing where there is no browser.
    #[track_caller]
    fn open(backend: Backend) -> Option<Self> {
        let browser = Browser::start()?;
        let way = Forwarder::to_nobody_yet();
        // The page's origin has to be known before the server has its port.
        let plan = Desk::plan(backend).set("SUPPORT_CONSOLE", "on");
        let desk = plan.set("SUPPORT_ALLOWED_ORIGINS", &format!("http://{}", way.address())).start();
        way.turn_to(&desk.address().get());
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": WATCH}));
        let console = Self { browser, desk, way };
        console.load();
        Some(console)
    }

    /// Loads the page, anew if it is there.
    #[track_caller]
    fn load(&self) {
        self.browser.go(&format!("http://{}/console", self.way.address()));
        self.browser.wait_until("document.querySelector('#desk input[name=token]')");
    }

    /// Somebody pastes a token: users on the phone, staff at the desk.
    #[track_caller]
    fn sign_in(&self, side: &str, person: &Person) {
        let token = person.token.as_deref().expect("a token");
        self.browser.write(&format!("#{side} input[name=token]"), token);
        self.browser.click(&format!("#{side} .paste button"));
        self.live(side);
    }

    /// Waits until a side is connected.
    #[track_caller]
    fn live(&self, side: &str) {
        self.browser.wait_until(&format!("document.querySelector('#{side} .state[data-state=live]')"));
    }

    /// Opens a conversation of the list, and waits until it is live.
    #[track_caller]
    fn choose(&self, side: &str, conversation: &Conversation) {
        self.browser.click(&format!("#{side} .row[data-id='{}']", conversation.id));
        self.browser.wait_until(&format!("document.querySelector('#{side} .scroll[role=log][aria-busy=false]')"));
    }

    /// Writes a message and sends it.
    #[track_caller]
    fn say(&self, side: &str, words: &str) {
        self.browser.write(&format!("#{side} textarea[name=message]"), words);
        self.browser.click(&format!("#{side} .send"));
    }

    /// What a side has on its screen of a conversation, system messages included.
    #[track_caller]
    fn messages(&self, side: &str) -> Vec<String> {
        self.browser
            .texts(&format!("#{side} .messages [data-seq] .content, #{side} .messages .system > span > :first-child"))
    }

    /// Waits until a side shows exactly that, in that order.
    #[track_caller]
    fn shows(&self, side: &str, expected: &[&str]) {
        let script = format!(
            "JSON.stringify([...document.querySelectorAll('#{side} .messages [data-seq] .content, #{side} .messages .system > \
             span > :first-child')].map((one) => one.innerText)) === JSON.stringify({})",
            json!(expected)
        );
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.browser.wait_until(&script)));
        assert!(found.is_ok(), "the {side} shows {:?}", self.messages(side));
    }

    /// Nothing that the page's policy forbids was tried, and nothing failed unseen.
    #[track_caller]
    fn nothing_went_wrong(&self) {
        assert_eq!(self.browser.run("return window.wrong"), json!([]));
        assert_eq!(self.browser.run("return window.ran"), json!([]));
    }
}

/// A driver with a conversation, and the staff that sees it, both signed in.
#[track_caller]
fn two_at_the_console(backend: Backend) -> Option<(Console, Person, Person, Conversation)> {
    let console = Console::open(backend)?;
    let driver = console.desk.driver("driver-1", "BD");
    let admin = console.desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = driver.open("Trip fare is missing", "The fare of my last trip is not in my wallet.");
    console.sign_in("phone", &driver);
    console.sign_in("desk", &admin);
    Some((console, driver, admin, opened))
}

//! The people of the tests: what a driver, a customer, a restaurant or a member of the staff does at the desk, in their
//! words. A verb such as `open` demands that it works; `get`, `post`, `put` and `patch` leave the judgement to the test.

use serde_json::{Value, json};

use super::answer::{Answer, keys, keys_but_masked};
use super::call::{Address, Call};

/// A user's conversations.
pub(crate) const USER: &str = "/api/support/conversations";
/// The desk's conversations.
pub(crate) const DESK: &str = "/api/admin/support/conversations";

/// Somebody with a token, or nobody without one. Cheap to clone, and free to use from many threads.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    address: Address,
    /// What they show; none for nobody.
    pub(crate) token: Option<String>,
    /// Where their conversations are: [`USER`] or [`DESK`].
    pub(crate) home: &'static str,
}

/// A conversation that a test speaks of.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    /// As it was when it was opened.
    pub(crate) json: Value,
    /// Its first message.
    pub(crate) message: Value,
}

impl Person {
    pub(crate) fn new(address: &Address, token: Option<String>, home: &'static str) -> Self {
        Self { address: address.clone(), token, home }
    }

    /// The same person with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person at another server.
    pub(crate) fn at(&self, address: &Address) -> Self {
        Self { address: address.clone(), ..self.clone() }
    }

    /// The server that they talk to.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// A request in this person's name.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        let call = Call::new(&self.address, method, path);
        match &self.token {
            Some(token) => call.header("authorization", &format!("Bearer {token}")),
            None => call,
        }
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path).json(body).send()
    }

    /// The path of a conversation, or of what is below it, as this person reaches it.
    pub(crate) fn path(&self, conversation: &Conversation, below: &str) -> String {
        format!("{}/{}{below}", self.home, conversation.id)
    }

    /// A user opens a conversation.
    #[track_caller]
    pub(crate) fn open(&self, subject: &str, words: &str) -> Conversation {
        self.open_with(&json!({"subject": subject, "initialMessage": words}))
    }

    /// Opens a conversation with all that the body says.
    #[track_caller]
    pub(crate) fn open_with(&self, body: &Value) -> Conversation {
        Conversation::from_answer(&self.post(self.home, body).expect(201))
    }

    /// Sends a message, and returns it.
    #[track_caller]
    pub(crate) fn send(&self, conversation: &Conversation, words: &str) -> Value {
        self.send_with(conversation, &json!({"content": words}))
    }

    /// Sends a message with all that the body says, and returns it.
    #[track_caller]
    pub(crate) fn send_with(&self, conversation: &Conversation, body: &Value) -> Value {
        let answer = self.post(&self.path(conversation, "/messages"), body).expect(201);
        assert_eq!(keys_but_masked(&answer.json), ["message"], "{}", answer.text);
        answer["message"].clone()
    }

    /// The conversation as this person sees it now.
    #[track_caller]
    pub(crate) fn see(&self, conversation: &Conversation) -> Value {
        self.get(&self.path(conversation, "")).expect(200)["conversation"].clone()
    }

    /// Reads up to that message, and returns the conversation.
    #[track_caller]
    pub(crate) fn read(&self, conversation: &Conversation, up_to: i64) -> Value {
        let answer = self.post(&self.path(conversation, "/read"), &json!({"upToSeq": up_to})).expect(200);
        assert_eq!(keys(&answer.json), ["conversation"], "{}", answer.text);
        answer["conversation"].clone()
    }

    /// Changes status, priority or assignment, and returns the conversation.
    #[track_caller]
    pub(crate) fn change(&self, conversation: &Conversation, body: &Value) -> Value {
        let answer = self.patch(&self.path(conversation, ""), body).expect(200);
        assert_eq!(keys(&answer.json), ["conversation"], "{}", answer.text);
        answer["conversation"].clone()
    }

    /// The list of conversations; `query` with its question mark, or empty.
    #[track_caller]
    pub(crate) fn list(&self, query: &str) -> Answer {
        self.get(&format!("{}{query}", self.home)).expect(200)
    }

    /// Every message of a conversation, walked in pages of a hundred.
    #[track_caller]
    pub(crate) fn messages(&self, conversation: &Conversation) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = self.get(&self.path(conversation, &format!("/messages?afterSeq={after}&limit=100"))).expect(200);
            all.extend(page["messages"].as_array().expect("messages").iter().cloned());
            if page["pagination"]["hasMore"] != true {
                return all;
            }
            after = page["pagination"]["nextAfterSeq"].as_i64().expect("nextAfterSeq where there is more");
        }
    }
}

impl Conversation {
    /// From what opening answers.
    #[track_caller]
    pub(crate) fn from_answer(answer: &Answer) -> Self {
        assert_eq!(keys_but_masked(&answer.json), ["conversation", "message"], "{}", answer.text);
        let json = answer["conversation"].clone();
        let id = json["id"].as_str().expect("the conversation's id").to_owned();
        Self { id, json, message: answer["message"].clone() }
    }

    /// A conversation that does not exist.
    pub(crate) fn missing() -> Self {
        Self { id: "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e".to_owned(), json: Value::Null, message: Value::Null }
    }
}

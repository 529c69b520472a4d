//! Every place where somebody can put words: bodies, queries, paths, headers, methods, frames. What is answered is of no
//! concern here, only what it says: all of it is returned.

use serde_json::{Value, json};
use tungstenite::Message;

use super::secrets::{Canary, percent};
use crate::attachments::{form, part, png};
use crate::harness::{Conversation, Desk, Handshake, Person, Raw, TICKETS};

/// Who sends, and where.
pub(super) struct Stage<'d> {
    pub(super) desk: &'d Desk,
    pub(super) user: Person,
    pub(super) admin: Person,
    pub(super) opened: Conversation,
}

impl Stage<'_> {
    fn sides(&self) -> [&Person; 2] {
        [&self.user, &self.admin]
    }

    /// Everything that a canary can be sent in over HTTP. Returns all that was answered.
    pub(super) fn over_http(&self, canary: &Canary) -> Vec<String> {
        let mut said = Vec::new();
        for person in self.sides() {
            self.valid_bodies(person, canary, &mut said);
            self.invalid_bodies(person, canary, &mut said);
            self.queries_and_paths(person, canary, &mut said);
            self.file_names(person, canary, &mut said);
        }
        self.headers(canary, &mut said);
        said
    }

    fn valid_bodies(&self, person: &Person, canary: &Canary, said: &mut Vec<String>) {
        let (words, key) = (&canary.words, &canary.key);
        let metadata = json!({"note": words, words: "a key", "deep": [{words: [words]}], "password": words});
        let messages = person.path(&self.opened, "/messages");
        for format in ["text", "html"] {
            let body = json!({"content": words, "format": format, "metadata": metadata});
            said.push(person.post(&messages, &body).text);
        }
        let split: String = words.chars().map(|c| format!("{c}<b></b>")).collect();
        let entities: String = words.chars().map(|c| format!("&#{};", c as u32)).collect();
        for html in [
            format!("<p>{words}</p>"),
            split,
            entities,
            format!("<a href=\"https://x.example/?q={}\">here</a>", percent(words)),
        ] {
            said.push(person.post(&messages, &json!({"content": html, "format": "html"})).text);
        }
        let mut opening = json!({"subject": words, "initialMessage": words});
        if person.home == self.admin.home {
            opening["userId"] = json!("driver-1");
            opening["userType"] = json!("driver");
            opening["countryCode"] = json!("US");
        } else {
            opening["metadata"] = metadata;
        }
        said.push(person.post(person.home, &opening).text);
        // Who repeats a key is answered with what was kept.
        if !key.is_empty() {
            let body = json!({"content": "words", "clientMessageId": key});
            said.extend([person.post(&messages, &body).text, person.post(&messages, &body).text]);
            opening["clientMessageId"] = json!(key);
            said.push(person.post(person.home, &opening).text);
        }
    }

    fn invalid_bodies(&self, person: &Person, canary: &Canary, said: &mut Vec<String>) {
        let words = &canary.words;
        let (messages, read) = (person.path(&self.opened, "/messages"), person.path(&self.opened, "/read"));
        let conversation = person.path(&self.opened, "");
        let bodies = [
            json!([words]),
            json!(words),
            json!({words: words}),
            json!({"content": [words]}),
            json!({"content": {words: 1}}),
            json!({"content": "x", words: 1}),
            json!({"content": "x", "password": words}),
            json!({"content": words, "format": words}),
            json!({"content": words, "attachmentIds": [words]}),
            json!({"content": words, "attachmentIds": words}),
            json!({"content": words, "clientMessageId": words}),
            json!({"content": words, "clientMessageId": [words]}),
            json!({"content": words, "ifLastSeq": words}),
            json!({"content": words, "metadata": words}),
            json!({"content": words, "metadata": {"a": {"b": {"c": {"d": {"e": words}}}}}}),
            json!({"content": words.repeat(400)}),
            json!({"subject": words, "initialMessage": [words]}),
            json!({"subject": words.repeat(40), "initialMessage": words, "priority": words}),
            json!({"subject": "x", "initialMessage": "x", "userType": words, "countryCode": words, "userId": words}),
            json!({"status": words, "priority": words, "assignedAdminId": words, "version": words}),
            json!({"upToSeq": words}),
        ];
        for body in &bodies {
            for path in [messages.as_str(), person.home] {
                said.push(person.post(path, body).text);
            }
        }
        for body in bodies.iter().rev().take(3) {
            said.extend([person.post(&read, body).text, person.patch(&conversation, body).text]);
        }
        let quoted = Value::from(words.as_str()).to_string();
        let broken = [
            (format!("{{\"content\": {quoted}"), "application/json"),
            (format!("{{\"content\": {quoted}, \"content\": {quoted}}}"), "application/json"),
            (format!("{{\"content\": \"x\", {quoted}: 1, {quoted}: 2}}"), "application/json"),
            (words.clone(), "application/json"),
            (format!("content={}", percent(words)), "application/x-www-form-urlencoded"),
            (words.clone(), "text/plain"),
        ];
        for (body, content_type) in broken {
            for path in [messages.as_str(), person.home, TICKETS] {
                said.push(person.call("POST", path).body(content_type, body.clone()).send().text);
            }
        }
        let mut bytes = words.clone().into_bytes();
        bytes.extend([0xff, 0xfe, 0x00]);
        said.push(person.call("POST", &messages).body("application/json", bytes).send().text);
    }

    /// As the name of a file that is kept and sent, of one that is not, of a part, and of what is no form.
    fn file_names(&self, person: &Person, canary: &Canary, said: &mut Vec<String>) {
        let (words, escaped) = (canary.words.replace(['\r', '\n', '"'], " "), percent(&canary.words));
        let names = [
            format!("filename=\"{words}\""),
            format!("filename=\"{words}.png\""),
            format!("filename=\"{}.png\"", words.replace(' ', "_")),
            format!("filename*=UTF-8''{escaped}.png"),
            format!("filename=\"folder/{words}/x.png\""),
        ];
        for name in names {
            let upload = |bytes: &[u8]| {
                let headers = format!("Content-Disposition: form-data; name=\"file\"; {name}");
                person.upload_call(form(&[part(&headers, bytes)])).send()
            };
            let kept = upload(&png()).expect(201);
            said.push(kept.text.clone());
            said.push(person.try_send_files(&self.opened, &[&kept["attachment"]]).expect(201).text);
            let read = person.fetch(&kept["attachment"]).expect(200);
            said.push(format!("{:?}", read.headers));
            said.push(upload(words.as_bytes()).text);
        }
        let odd = part(&format!("Content-Disposition: form-data; name=\"{words}\"; filename=\"{words}\""), b"x");
        said.push(person.upload_call(form(&[odd])).send().text);
        said.push(person.upload_call(words.clone().into_bytes()).send().text);
        said.push(person.get(&format!("{}/{escaped}", person.uploads())).text);
    }

    fn queries_and_paths(&self, person: &Person, canary: &Canary, said: &mut Vec<String>) {
        let (words, home) = (percent(&canary.words), person.home);
        let messages = person.path(&self.opened, "/messages");
        for field in
            ["search", "status", "cursor", "from", "limit", "channel", "userId", "assignedAdminId", "token", "ticket"]
        {
            said.push(person.get(&format!("{home}?{field}={words}")).text);
        }
        for path in [
            format!("{home}?{words}=1"),
            format!("{home}?{words}"),
            format!("{messages}?afterSeq={words}"),
            format!("{messages}?beforeSeq={words}&limit={words}"),
            format!("{home}/{words}"),
            format!("{home}/{words}/messages"),
            format!("{home}/{words}/read?{words}={words}"),
            format!("/{words}"),
            format!("/api/{words}/{words}"),
            format!("/docs?{words}"),
            format!("/metrics?{words}={words}"),
            format!("/healthz/{words}"),
        ] {
            said.push(person.get(&path).text);
            said.push(person.call("DELETE", &path).send().text);
        }
    }

    fn headers(&self, canary: &Canary, said: &mut Vec<String>) {
        // A header is one line of visible ASCII.
        let words: String =
            canary.words.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '-' }).collect();
        for value in [words.as_str(), canary.key.as_str()].into_iter().filter(|value| !value.is_empty()) {
            for name in [
                "user-agent",
                "x-request-id",
                "cookie",
                "origin",
                "referer",
                "x-forwarded-for",
                "forwarded",
                "accept",
                "accept-language",
                "content-type",
                "if-none-match",
                "x-api-key",
                "traceparent",
                "via",
                "range",
            ] {
                let body = json!({"content": "hello"});
                // A read by one side, and a write by the other, which leaves an audit record.
                let path = self.admin.path(&self.opened, "/messages");
                let call = self.admin.call("POST", &path);
                let call = match name {
                    "content-type" => call.body(value, body.to_string()),
                    _ => call.json(&body).header(name, value),
                };
                said.push(call.send().text);
                said.push(self.user.call("GET", self.user.home).header(name, value).send().text);
            }
            for scheme in ["Bearer ", "Basic ", "", "Digest ", "bearer  "] {
                let nobody = self.desk.nobody();
                let authorization = format!("{scheme}{value}");
                for path in [self.user.home, self.admin.home, "/metrics"] {
                    said.push(nobody.call("GET", path).header("authorization", &authorization).send().text);
                }
                let body = json!({"content": value});
                let call = nobody.call("POST", &self.user.path(&self.opened, "/messages")).json(&body);
                said.push(call.header("authorization", &authorization).send().text);
                said.push(refusal(Handshake::at(self.user.address()).header("authorization", &authorization)));
            }
            said.push(refusal(Handshake::at(self.user.address()).query(&format!("ticket={}", percent(value)))));
            said.push(refusal(Handshake::at(self.user.address()).query(&format!("token={}", percent(value)))));
            said.push(refusal(Handshake::at(self.user.address()).ticket(&value.replace([' ', ','], "-"))));
            said.push(refusal(self.user.handshake().query(&format!("{0}={0}", percent(value)))));
            said.push(refusal(self.user.handshake().origin(value)));
            said.push(refusal(self.user.handshake().header("user-agent", value).header("x-request-id", value)));
            said.push(refusal(self.user.handshake().without("sec-websocket-key").header("sec-websocket-key", value)));
        }
        // A method that nobody knows, and a request that is none.
        let method: String = canary.key.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        if !method.is_empty() {
            said.push(self.user.call(&method, self.user.home).send().text);
        }
        let mut raw = Raw::connect(self.user.address());
        raw.write(format!("GET / HTTP/1.1\r\nhost: x\r\n{words}\r\n{words}: {words}\r\n\r\n"));
        let mut raw = Raw::connect(self.user.address());
        raw.write(format!("{words}\r\n\r\n"));
    }

    /// Everything that a canary can be sent in over a socket. Returns the refusals, which hold the sender's own
    /// `requestId` at most.
    pub(super) fn over_sockets(&self, canary: &Canary) -> Vec<String> {
        let mut said = Vec::new();
        for person in self.sides() {
            let mut socket = person.handshake().header("user-agent", &canary.key).open();
            socket.join(&self.opened);
            for frame in self.frames(canary) {
                socket.send_text(&frame.to_string());
                said.push(socket.next_answer()["payload"].to_string());
            }
            for text in [canary.words.clone(), format!("{{\"type\": \"{}", canary.key), format!("[\"{}\"]", canary.key)]
            {
                socket.send_text(&text);
                said.push(socket.next_answer()["payload"].to_string());
            }
            socket.send(Message::Binary(canary.words.clone().into_bytes().into()));
            said.push(socket.next_answer()["payload"].to_string());
        }
        let mut socket = self.user.connect();
        socket.send(Message::Ping(canary.words.chars().take(30).collect::<String>().into()));
        let _ = std::io::Write::write_all(socket.raw(), canary.words.as_bytes());
        socket.ended();
        said
    }

    fn frames(&self, canary: &Canary) -> Vec<Value> {
        let (words, key, id) = (&canary.words, &canary.key, &self.opened.id);
        let frame = |kind: &str, payload: Value| json!({"type": kind, "requestId": "r", "payload": payload});
        let mut frames = vec![
            frame("support:sendMessage", json!({"conversationId": id, "content": words})),
            frame("support:sendMessage", json!({"conversationId": id, "content": words, "format": "html"})),
            frame("support:sendMessage", json!({"conversationId": id, "content": [words]})),
            frame("support:sendMessage", json!({"conversationId": id, "content": words, "format": words})),
            frame("support:sendMessage", json!({"conversationId": id, "content": words, words: words})),
            frame("support:sendMessage", json!({"conversationId": words, "content": words})),
            frame("support:sendMessage", json!({"conversationId": id, "content": words, "ifLastSeq": words})),
            frame("support:sendMessage", json!({"conversationId": id, "content": "x", "metadata": {words: words}})),
            frame("support:joinConversation", json!({"conversationId": words})),
            frame("support:joinConversation", json!({"conversationId": id, "afterSeq": words})),
            frame("support:leaveConversation", json!({"conversationId": [words]})),
            frame("support:markRead", json!({"conversationId": id, "upToSeq": words})),
            frame("support:typing", json!({"conversationId": id, "isTyping": words})),
            frame("support:watchInbox", json!({words: words})),
            frame("support:authenticate", json!({"token": words})),
            frame("support:authenticate", json!({"token": key})),
            frame("support:authenticate", json!({"token": [words]})),
            frame(words, json!({words: words})),
            frame("support:typing", json!(words)),
            json!({"type": [words], "requestId": "r"}),
            json!({"type": "support:watchInbox", "requestId": "r", words: words}),
            json!({"type": "support:watchInbox", "requestId": words}),
            json!({"type": "support:watchInbox", "requestId": [words]}),
        ];
        if !key.is_empty() {
            let payload = json!({"conversationId": id, "content": "words", "clientMessageId": key});
            frames.push(frame("support:sendMessage", payload));
        }
        frames
    }
}

fn refusal(handshake: Handshake) -> String {
    match handshake.try_open() {
        Ok(mut socket) => {
            socket.cut();
            String::new()
        }
        Err(answer) => answer.text,
    }
}

//! Finds in a frame or an answer what has to be counted, without making anything of the rest: no copies, no tree. It
//! walks the structure, so that no content, key or metadata can be taken for a number; what is no JSON it refuses or
//! passes over, but never reads past.

use memchr::memchr2;

/// What has to be known of a message. Strings stand as in the JSON, with their escapes; those of ids have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedMessage<'a> {
    /// `id`.
    pub id: &'a str,
    /// `conversationId`.
    pub conversation_id: &'a str,
    /// `seq`.
    pub seq: u64,
    /// `clientMessageId`, unless it is null or left out.
    pub key: Option<&'a str>,
}

/// A frame of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedFrame<'a> {
    /// `type`.
    pub kind: &'a str,
    /// `requestId`.
    pub request_id: Option<&'a str>,
    /// `payload.message`, if it is an object with what a message has.
    pub message: Option<ScannedMessage<'a>>,
}

/// Reads a frame `{"type": ..., "requestId"?: ..., "payload": {"message"?: {...}}}`.
pub fn scan_frame(text: &str) -> Option<ScannedFrame<'_>> {
    let (mut kind, mut request_id, mut message) = (None, None, None);
    Scanner::new(text).object(|key, value| {
        match key {
            "type" => kind = value.string_or_skip()?,
            "requestId" => request_id = value.string_or_skip()?,
            "payload" => message = value.message_inside()?,
            _ => value.skip()?,
        }
        Some(())
    })?;
    Some(ScannedFrame { kind: kind?, request_id, message })
}

/// Reads an answer `{"message": {...}}`.
pub fn scan_answer(text: &str) -> Option<ScannedMessage<'_>> {
    Scanner::new(text).message_inside()?
}

#[derive(Debug)]
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is no white space, not taken.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += 1)
    }

    /// A string, between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            let found = self.at + memchr2(b'"', b'\\', self.text.as_bytes().get(self.at..)?)?;
            if self.text.as_bytes()[found] == b'"' {
                self.at = found + 1;
                return self.text.get(start..found);
            }
            self.at = found + 2;
        }
    }

    fn string_or_skip(&mut self) -> Option<Option<&'a str>> {
        if self.peek()? == b'"' { self.string().map(Some) } else { self.skip().map(|()| None) }
    }

    fn number_or_skip(&mut self) -> Option<Option<u64>> {
        self.peek()?;
        let start = self.at;
        self.skip()?;
        Some(self.text.get(start..self.at)?.trim_end().parse().ok())
    }

    /// Passes over one value, however deep it is.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b',' | b':' => return None,
                _ => {
                    let rest = self.text.as_bytes().get(self.at..)?;
                    let is_end = |byte: &u8| b",:]}\"[{".contains(byte) || byte.is_ascii_whitespace();
                    self.at += rest.iter().position(is_end).unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Walks an object; `each` has to take the value of every key.
    fn object(&mut self, mut each: impl FnMut(&'a str, &mut Self) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.peek()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            self.peek()?;
            each(key, self)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.take(b'}'),
            }
        }
    }

    /// `message` of the object that stands here, if both are objects.
    fn message_inside(&mut self) -> Option<Option<ScannedMessage<'a>>> {
        if self.peek()? != b'{' {
            return self.skip().map(|()| None);
        }
        let mut message = None;
        self.object(|key, value| {
            if key == "message" && value.peek()? == b'{' {
                message = value.message()?;
                return Some(());
            }
            value.skip()
        })?;
        Some(message)
    }

    fn message(&mut self) -> Option<Option<ScannedMessage<'a>>> {
        let (mut id, mut conversation_id, mut seq, mut key) = (None, None, None, None);
        self.object(|name, value| {
            match name {
                "id" => id = value.string_or_skip()?,
                "conversationId" => conversation_id = value.string_or_skip()?,
                "seq" => seq = value.number_or_skip()?,
                "clientMessageId" => key = value.string_or_skip()?,
                _ => value.skip()?,
            }
            Some(())
        })?;
        let found = || Some(ScannedMessage { id: id?, conversation_id: conversation_id?, seq: seq?, key });
        Some(found())
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;

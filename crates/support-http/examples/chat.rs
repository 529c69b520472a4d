//! A chat in the terminal, and a pattern for clients: it shows every message of a conversation once and in order, and
//! sends every line until it is acknowledged, however often the connection is lost meanwhile. docs/realtime.md says why it
//! may rely on that. What is typed is kept in memory only: lines that are not acknowledged end with the program.
//!
//! `chat --url http://127.0.0.1:8080 --token TOKEN --conversation ID` runs until what is typed ends and is acknowledged.
#![expect(clippy::disallowed_methods, reason = "a program of its own has nobody who would give it a clock")]

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::io::{self, BufRead, ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};
use tungstenite::{ClientRequestBuilder, Error, HandshakeError, Message, WebSocket, client};

#[derive(Parser)]
#[command(about = "Chats in a conversation of the support desk")]
struct Arguments {
    /// Where the desk is: http://HOST[:PORT]. TLS is left to a proxy.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A token of a user or of staff; else that of the environment, in SUPPORT_TOKEN.
    #[arg(long)]
    token: Option<String>,
    /// The conversation's id.
    #[arg(long)]
    conversation: String,
    /// Show only what came after the message of this number.
    #[arg(long, default_value_t = 0)]
    after: i64,
}

/// The id of a request to join.
const JOIN: &str = "join";
/// A frame that is larger would cost the connection, again and again.
const LARGEST_FRAME: usize = 64 * 1024;
/// How long connecting, and writing a frame, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to listen before looking whether something was typed.
const GLANCE: Duration = Duration::from_millis(50);
/// How long to wait before the second attempt to connect; twice as long before each further one, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Why a connection ended.
enum Ended {
    /// Another one goes on where this one stopped.
    Lost(String),
    /// Another one would end in the same way.
    Final(String),
    /// Nothing is left to do.
    Done,
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over by value")]
fn lost(why: impl ToString) -> Ended {
    Ended::Lost(why.to_string())
}

/// What has been shown of the conversation, and what is still to be sent. Outlives connections.
#[derive(Default)]
struct Chat {
    conversation: String,
    /// All messages up to this number have been shown.
    shown: i64,
    /// Messages that came before those in front of them.
    early: BTreeMap<i64, Value>,
    /// Lines that are not acknowledged, each with the key that stays its own over all attempts.
    unsent: VecDeque<(String, String)>,
    /// Comes from the terminal; none once it has ended.
    typed: Option<Receiver<String>>,
}

impl Chat {
    /// Shows a message when its turn has come, and what waited for it.
    fn take(&mut self, message: &Value) -> Result<(), Ended> {
        let Some(seq) = message["seq"].as_i64() else { return Ok(()) };
        if seq > self.shown {
            self.early.insert(seq, message.clone());
        }
        let mut lines = String::new();
        while let Some(message) = self.early.remove(&(self.shown + 1)) {
            self.shown += 1;
            let sender = message["senderId"].as_str().or(message["senderType"].as_str()).unwrap_or("?");
            // What others wrote must not steer this terminal.
            let text = message["text"].as_str().unwrap_or("").replace(char::is_control, " ");
            lines.push_str(&format!("{} {sender}: {text}\n", self.shown));
        }
        // When nobody reads any more there is nothing left to do.
        io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush()).map_err(|_| Ended::Done)
    }

    /// Gives up the line that is next.
    fn give_up(&mut self, why: &str) {
        if let Some((_, text)) = self.unsent.pop_front() {
            let beginning: String = text.chars().take(60).collect();
            let _ = writeln!(io::stderr(), "This was not sent, {why}: {beginning}");
        }
    }

    fn look_for_lines(&mut self) {
        while let Some(typed) = &self.typed {
            match typed.try_recv() {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => self.unsent.push_back((uuid::Uuid::now_v7().to_string(), line)),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.typed = None,
            }
        }
    }
}

/// One connection. It asks one thing at a time, and the next one after the answer.
struct Line<'a> {
    chat: &'a mut Chat,
    socket: WebSocket<TcpStream>,
    /// The id of the request that is not answered yet: JOIN, or the key of a line.
    asked: Option<String>,
    /// Whether all of the past has come.
    is_live: bool,
    /// Not to ask before that.
    not_before: Instant,
    heard: Instant,
    /// A server that is silent for so long is gone.
    silence: Duration,
}

impl<'a> Line<'a> {
    fn new(chat: &'a mut Chat, socket: WebSocket<TcpStream>) -> Self {
        let now = Instant::now();
        Self { chat, socket, asked: None, is_live: false, not_before: now, heard: now, silence: PATIENCE }
    }

    /// Runs until the connection ends, for whichever reason.
    fn run(&mut self) -> Ended {
        loop {
            self.chat.look_for_lines();
            if let Err(ended) = self.ask_next().and_then(|()| self.listen()) {
                return ended;
            }
            let Chat { early, unsent, typed, .. } = &*self.chat;
            if self.is_live && typed.is_none() && unsent.is_empty() && early.is_empty() {
                let _ = self.socket.close(None);
                return Ended::Done;
            }
        }
    }

    fn ask_next(&mut self) -> Result<(), Ended> {
        if self.asked.is_some() || Instant::now() < self.not_before {
            return Ok(());
        }
        let id = &self.chat.conversation;
        if !self.is_live {
            let payload = json!({"conversationId": id, "afterSeq": self.chat.shown});
            return self.ask(JOIN.to_owned(), "support:joinConversation", &payload);
        }
        let Some((key, text)) = self.chat.unsent.front() else { return Ok(()) };
        let payload = json!({"conversationId": id, "content": text, "clientMessageId": key});
        self.ask(key.clone(), "support:sendMessage", &payload)
    }

    fn ask(&mut self, id: String, kind: &str, payload: &Value) -> Result<(), Ended> {
        let frame = json!({"type": kind, "requestId": id, "payload": payload}).to_string();
        if frame.len() > LARGEST_FRAME {
            self.chat.give_up("it is too long");
            return Ok(());
        }
        self.asked = Some(id);
        self.socket.send(Message::text(frame)).map_err(lost)
    }

    /// Takes one frame, or none if none came for a while. The library answers pings by itself.
    fn listen(&mut self) -> Result<(), Ended> {
        let message = match self.socket.read() {
            Ok(message) => message,
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return if self.heard.elapsed() > self.silence { Err(lost("the server is silent")) } else { Ok(()) };
            }
            Err(error) => return Err(lost(error)),
        };
        self.heard = Instant::now();
        match message {
            Message::Text(text) => self.receive(&serde_json::from_str(&text).map_err(lost)?),
            Message::Close(Some(close)) => Err(match u16::from(close.code) {
                4001 | 4003 => Ended::Final(close.reason.to_string()),
                code => lost(format!("{code} {}", close.reason)),
            }),
            _ => Ok(()),
        }
    }

    fn receive(&mut self, frame: &Value) -> Result<(), Ended> {
        let payload = &frame["payload"];
        let mut answered = || self.asked.take_if(|id| frame["requestId"] == *id);
        match frame["type"].as_str().unwrap_or_default() {
            "support:connected" => {
                self.silence = Duration::from_secs(payload["heartbeatSeconds"].as_u64().unwrap_or(25) * 3);
                Ok(())
            }
            "support:newMessage" => self.chat.take(&payload["message"]),
            "support:ack" => answered().map_or(Ok(()), |id| self.acknowledged(id == JOIN, payload)),
            "support:error" => answered().map_or(Ok(()), |id| self.refused(id == JOIN, payload)),
            _ => Ok(()),
        }
    }

    fn acknowledged(&mut self, is_join: bool, payload: &Value) -> Result<(), Ended> {
        if !is_join {
            self.chat.unsent.pop_front();
            return self.chat.take(&payload["message"]);
        }
        self.is_live = payload["hasMore"] == false;
        payload["messages"].as_array().into_iter().flatten().try_for_each(|message| self.chat.take(message))
    }

    fn refused(&mut self, is_join: bool, error: &Value) -> Result<(), Ended> {
        let (code, sentence) = (error["code"].as_str().unwrap_or("?"), error["message"].as_str().unwrap_or("?"));
        if ["rate_limited", "unavailable", "internal"].contains(&code) {
            let seconds = error["details"]["retryAfter"][0].as_str().and_then(|seconds| seconds.parse().ok());
            self.not_before = Instant::now() + Duration::from_secs(seconds.unwrap_or(2));
            return Ok(());
        }
        if is_join {
            return Err(Ended::Final(format!("The conversation cannot be joined: {code}. {sentence}")));
        }
        self.chat.give_up(&format!("{code}. {sentence}"));
        Ok(())
    }
}

fn connect(url: &str, token: &str) -> Result<WebSocket<TcpStream>, Ended> {
    let Some(host) = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')) else {
        return Err(Ended::Final("The URL must be http://HOST[:PORT].".to_owned()));
    };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut attempts = address.to_socket_addrs().map_err(lost)?.map(|one| TcpStream::connect_timeout(&one, PATIENCE));
    let stream = attempts.find_map(Result::ok).ok_or_else(|| lost("nobody answers there"))?;
    let limits = [stream.set_read_timeout(Some(PATIENCE)), stream.set_write_timeout(Some(PATIENCE))];
    limits.into_iter().collect::<io::Result<()>>().and_then(|()| stream.set_nodelay(true)).map_err(lost)?;
    let uri = format!("ws://{host}/api/support/ws").parse().map_err(|_| Ended::Final("That is no URL.".to_owned()))?;
    let request = ClientRequestBuilder::new(uri).with_header("Authorization", format!("Bearer {token}"));
    let (socket, _) = client(request, stream).map_err(|error| match error {
        HandshakeError::Failure(Error::Http(answer)) if matches!(answer.status().as_u16(), 400..=404) => {
            Ended::Final(format!("The desk refuses this token or address: {}", answer.status()))
        }
        HandshakeError::Failure(Error::HttpFormat(_)) => Ended::Final("That is no token.".to_owned()),
        HandshakeError::Failure(error) => lost(error),
        HandshakeError::Interrupted(_) => lost("the server did not answer"),
    })?;
    socket.get_ref().set_read_timeout(Some(GLANCE)).map_err(lost)?;
    Ok(socket)
}

/// Something between half of the wait and all of it: clients that lost a server together must not come back together.
fn jittered(wait: Duration) -> Duration {
    let random = std::hash::RandomState::new().hash_one(()) % 500;
    wait * (500 + u32::try_from(random).unwrap_or(0)) / 1_000
}

fn main() -> ExitCode {
    let Arguments { url, token, conversation, after } = Arguments::parse();
    let Some(token) = token.or_else(|| std::env::var("SUPPORT_TOKEN").ok()) else {
        let _ = writeln!(io::stderr(), "A token is needed: --token TOKEN, or SUPPORT_TOKEN in the environment.");
        return ExitCode::FAILURE;
    };
    let (sender, typed) = channel();
    std::thread::spawn(move || {
        let mut lines = io::stdin().lock().split(b'\n').map_while(Result::ok);
        lines.try_for_each(|line| sender.send(String::from_utf8_lossy(&line).into_owned()))
    });
    let mut chat = Chat { conversation, shown: after, typed: Some(typed), ..Chat::default() };
    let mut wait = FIRST_WAIT;
    loop {
        let ended = match connect(&url, token.trim()) {
            Err(ended) => ended,
            Ok(socket) => {
                let mut line = Line::new(&mut chat, socket);
                let ended = line.run();
                wait = if line.is_live { FIRST_WAIT } else { wait };
                ended
            }
        };
        match ended {
            Ended::Done => return ExitCode::SUCCESS,
            Ended::Final(sentence) => {
                let _ = writeln!(io::stderr(), "{sentence}");
                return ExitCode::FAILURE;
            }
            Ended::Lost(why) => drop(writeln!(io::stderr(), "Connecting again: {why}")),
        }
        std::thread::sleep(jittered(wait));
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

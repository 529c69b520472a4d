//! What a frame costs on its way in and out: `cargo bench -p support-http`. In: the guard's look at a client's bytes, the
//! codec, and the request that is made of the text. Out: the text of an event, which is made once for each side of a room, and
//! the codec. The medians stand in docs/performance.md.

#![expect(clippy::expect_used, reason = "what is measured is made of constants")]

use actix_http::ws::{OpCode, Parser};
use actix_web::web::BytesMut;
use divan::{Bencher, black_box};
use support_domain::conversation::ConversationDraft;
use support_domain::message::MessageDraft;
use support_domain::{
    Author, ClientMessageId, ContentFormat, ConversationId, CountryCode, Limits, MessageContent, MessageId, Metadata,
    Priority, Side, Subject, SupportConversation, SupportMessage, Timestamp, UserId, UserRef, UserType,
};
use support_http::ws::{FrameEncoder, FrameGuard, FrameLimits, is_request};
use support_realtime::{Encode, Event};
use uuid::Uuid;

fn main() {
    divan::main();
}

const ENGLISH: &str = "Hello, I was waiting at the corner of the main road for a long time and the driver never came. He did \
    not answer my calls either, and now the app says that I cancelled the trip. Please look into it soon.";
const BANGLA: &str = "\u{986}\u{9ae}\u{9bf} \u{985}\u{9a8}\u{9c7}\u{995}\u{995}\u{9cd}\u{9b7}\u{9a3} \u{9a7}\u{9b0}\u{9c7} \
    \u{9b0}\u{9be}\u{9b8}\u{9cd}\u{9a4}\u{9be}\u{9df} \u{9a6}\u{9be}\u{981}\u{9dc}\u{9bf}\u{9df}\u{9c7} \u{986}\u{99b}\u{9bf}";

/// What people write.
fn words(name: &str) -> &'static str {
    if name == "bangla" { BANGLA } else { ENGLISH }
}

/// A request to send it.
fn request(name: &str) -> String {
    format!(
        r#"{{"type": "support:sendMessage", "requestId": "5", "payload": {{"conversationId": "{}", "content": "{}", "clientMessageId": "{}"}}}}"#,
        Uuid::from_u128((7 << 76) | (2 << 62)),
        words(name),
        Uuid::from_u128((8 << 76) | (2 << 62)),
    )
}

/// The request as a client's frame.
fn frame(name: &str) -> BytesMut {
    let mut bytes = BytesMut::new();
    Parser::write_message(&mut bytes, request(name), OpCode::Text, true, true);
    bytes
}

/// A message, and its conversation.
fn posted(name: &str) -> (SupportConversation, SupportMessage) {
    let limits = Limits::default();
    let id = UserId::parse("driver-rahim").expect("an id");
    let user = UserRef { id: id.clone(), user_type: UserType::Driver, country: CountryCode::Bangladesh };
    let opening = ConversationDraft {
        id: ConversationId(Uuid::from_u128((7 << 76) | (2 << 62))),
        user,
        subject: Subject::parse("The trip of yesterday", &limits).expect("a subject"),
        priority: Priority::Normal,
        metadata: Metadata::default(),
    };
    let draft = MessageDraft {
        id: MessageId(Uuid::from_u128((7 << 76) | (3 << 62))),
        content: MessageContent::parse(words(name), ContentFormat::Text, &limits).expect("a message"),
        attachments: Vec::new(),
        client_message_id: ClientMessageId::parse("0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e").ok(),
        metadata: Metadata::default(),
    };
    let at = Timestamp::from_millis(1_769_851_800_000);
    let conversation = SupportConversation::open(opening, at);
    let outcome = conversation.post(Author::User(id), draft, MessageId(Uuid::nil()), at).expect("an open conversation");
    (outcome.conversation, outcome.messages.into_iter().next().expect("a message"))
}

/// The guard's look at a whole frame.
#[divan::bench(args = ["english", "bangla"])]
fn guard(bencher: Bencher<'_, '_>, name: &str) {
    let (bytes, limits) = (frame(name), FrameLimits::default());
    bencher.bench(|| FrameGuard::new(limits).inspect(black_box(&bytes)).is_ok());
}

/// The codec's work on the same frame.
#[divan::bench(args = ["english", "bangla"])]
fn decode(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = frame(name);
    bencher.with_inputs(|| bytes.clone()).bench_refs(|bytes| Parser::parse(bytes, true, 65_536).is_ok());
}

/// The request that is made of the text.
#[divan::bench(args = ["english", "bangla"])]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    let (text, limits) = (request(name), Limits::default());
    assert!(is_request(&text, &limits), "a request: {text}");
    bencher.bench(|| is_request(black_box(&text), &limits));
}

/// The text of an event for one side.
#[divan::bench(args = ["english", "bangla"])]
fn event(bencher: Bencher<'_, '_>, name: &str) {
    let (conversation, message) = posted(name);
    let event = Event::MessagePosted { message: &message, conversation: &conversation };
    bencher.bench(|| FrameEncoder.encode(black_box(&event), Side::Admin));
}

/// The frame of that text, which every socket gets.
#[divan::bench(args = ["english", "bangla"])]
fn encode(bencher: Bencher<'_, '_>, name: &str) {
    let (conversation, message) = posted(name);
    let event = Event::MessagePosted { message: &message, conversation: &conversation };
    let text = FrameEncoder.encode(&event, Side::Admin);
    bencher.with_inputs(|| BytesMut::with_capacity(4_096)).bench_refs(|bytes| {
        Parser::write_message(bytes, black_box(&text), OpCode::Text, true, false);
    });
}

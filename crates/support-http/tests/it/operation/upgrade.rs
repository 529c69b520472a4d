//! Nodes are replaced one by one behind the proxy while people write and listen: nothing is lost, nothing comes twice, and
//! whoever listened was told to come again (1012).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Nginx, Node, Over, Person, about, eventually, free_port};

on_postgres!(nodes_are_replaced_one_by_one_while_people_talk);

const WRITERS: usize = 3;
const LISTENERS: usize = 6;
const THE_END: &str = "the end";

fn nodes_are_replaced_one_by_one_while_people_talk(backend: Backend) {
    let binds: Vec<String> = (0..2).map(|_| format!("127.0.0.1:{}", free_port())).collect();
    let plan = Desk::plan(backend).set("SUPPORT_MAX_SOCKETS_PER_PRINCIPAL", "50").set("SUPPORT_BIND", &binds[0]);
    let mut desk = plan.start();
    let other = desk.node("other", &[("SUPPORT_BIND", &binds[1])]);
    let Some(nginx) = Nginx::before(&[desk.address(), &other.address]) else { return };
    let driver = desk.driver("driver-1", "BD").at(nginx.address());
    let opened = driver.open("Upgrade", "Hello");
    let (sent, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let listeners: Vec<_> = (0..LISTENERS).map(|_| scope.spawn(|| listen(&driver, &opened))).collect();
        let write = |writer| write(&driver, &opened, writer, &sent, &over);
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        let at_the_end = Over(&over);
        let go_on = |what: &str| {
            let before = sent.load(Ordering::SeqCst);
            eventually(what, || sent.load(Ordering::SeqCst) >= before + 20);
        };
        go_on("people talk");
        replace_first(&mut desk);
        go_on("people talk after the first node was replaced");
        let _other = replace_other(&desk, other, &binds[1]);
        go_on("people talk after the other node was replaced");
        drop(at_the_end);
        let acknowledged: Vec<Value> =
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect();
        driver.send(&opened, THE_END);
        let stored = driver.messages(&opened);
        assert_eq!(stored.len(), acknowledged.len() + 2, "the first and the last besides");
        for message in &acknowledged {
            let kept = stored.iter().filter(|kept| kept["id"] == message["id"] && kept["seq"] == message["seq"]);
            assert_eq!(kept.count(), 1, "{message}");
        }
        let returns: usize = listeners.into_iter().map(|listener| listener.join().expect("a listener")).sum();
        assert!(returns >= LISTENERS, "each was at a node that was replaced: {returns}");
    });
}

fn replace_first(desk: &mut Desk) {
    desk.server.ask_to_stop();
    assert_eq!(desk.server.ended().code(), Some(0), "{}", desk.server.log());
    desk.restart();
}

fn replace_other(desk: &Desk, mut node: Node, bind: &str) -> Node {
    node.server.ask_to_stop();
    assert_eq!(node.server.ended().code(), Some(0), "{}", node.server.log());
    desk.node("other", &[("SUPPORT_BIND", bind)])
}

/// Writes until it is over; what was not acknowledged is sent again under its key. Returns what was.
fn write(
    person: &Person,
    conversation: &Conversation,
    writer: usize,
    sent: &AtomicUsize,
    over: &AtomicBool,
) -> Vec<Value> {
    let mut acknowledged = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let key = format!("writer-{writer}-{}", acknowledged.len());
        let body = json!({"content": key, "clientMessageId": key});
        let call = person.call("POST", &person.path(conversation, "/messages")).json(&body).in_any_form();
        let mut message = Value::Null;
        eventually("a message is acknowledged", || match call.clone().try_send() {
            Ok(answer) if [200, 201].contains(&answer.status) => {
                message = answer["message"].clone();
                true
            }
            // What a proxy says of a node that goes, and what a node says that comes.
            Ok(answer) => {
                assert!([502, 503, 504].contains(&answer.status), "{} {}", answer.status, answer.text);
                false
            }
            Err(_) => false,
        });
        acknowledged.push(message);
        sent.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// Listens to the end over as many sockets as that takes, and returns how often it had to come again. Every message has to
/// come once, in order.
fn listen(person: &Person, conversation: &Conversation) -> usize {
    let (mut seen, mut returns) = (0, 0);
    loop {
        // As long as the proxy knows of no node, it says so, and is asked again.
        let mut socket = None;
        eventually("a socket is opened", || {
            socket = person.handshake().open_by_proxy();
            socket.is_some()
        });
        let Some(mut socket) = socket else { continue };
        let join = |seen: i64| about(conversation, &json!({"afterSeq": seen}));
        socket.send_frame("support:joinConversation", &join(seen));
        while let Some(frame) = socket.read() {
            let payload = &frame["payload"];
            let came = match frame["type"].as_str().unwrap_or_default() {
                "support:newMessage" => vec![payload["message"].clone()],
                "support:ack" => payload["messages"].as_array().cloned().unwrap_or_default(),
                _ => Vec::new(),
            };
            for message in came {
                assert_eq!(message["seq"], seen + 1, "after {seen} came {message}");
                seen += 1;
                if message["text"] == THE_END {
                    return returns;
                }
            }
            if payload["hasMore"] == true {
                socket.send_frame("support:joinConversation", &join(seen));
            }
        }
        assert_eq!(socket.ended(), Some(1012), "after message {seen}");
        returns += 1;
    }
}

//! A key is changed while the desk runs, node by node, as `docs/operate.md` has it: at no moment is there a token that one
//! node takes and another refuses, but those of a key that is not trusted yet, or no longer.

use crate::harness::{Backend, Desk, Key, Node, Person, signing_key};

on_both_backends!(keys_are_changed_without_a_break);

/// How a node is configured, and whose tokens it takes.
struct Stage {
    private: String,
    trusted: String,
    takes_old: bool,
    takes_new: bool,
}

/// The stages in their order; a node goes from each to the next.
fn stages(old: &Key, new: &Key) -> [Stage; 4] {
    let stage = |private: &Key, trusted: String, takes_old, takes_new| {
        let private = private.private.clone();
        Stage { private, trusted, takes_old, takes_new }
    };
    [
        stage(old, String::new(), true, false),
        stage(old, format!("2:{}", new.public), true, true),
        stage(new, format!("1:{}", old.public), true, true),
        stage(new, String::new(), false, true),
    ]
}

fn start(desk: &Desk, number: usize, stage: &Stage) -> Node {
    let own =
        [("SUPPORT_BISCUIT_PRIVATE_KEY", stage.private.as_str()), ("SUPPORT_BISCUIT_PUBLIC_KEYS", &stage.trusted)];
    desk.node(&format!("node-{number}"), &own)
}

#[track_caller]
fn takes(person: &Person, node: &Node, is_taken: bool) {
    let person = person.at(&node.address);
    if is_taken {
        person.list("");
        // A page comes in by a ticket that the token was good for.
        person.connect_by_ticket();
    } else {
        person.get(person.home).refused(401, "unauthenticated");
    }
}

fn keys_are_changed_without_a_break(backend: Backend) {
    let mut desk = Desk::start(backend);
    let (old, new) = (signing_key(), Key::generate());
    let by_old = desk.driver("driver-1", "BD");
    let arguments = ["user", "--id", "driver-1", "--type", "driver", "--country", "BD", "--ttl", "1h"];
    let by_new = by_old.with_token(&new.token(&arguments));
    desk.server.kill();
    let stages = stages(old, &new);
    // A file of SQLite has one server.
    let count = if backend == Backend::Postgres { 2 } else { 1 };
    let mut nodes: Vec<(Node, usize)> = (0..count).map(|number| (start(&desk, number, &stages[0]), 0)).collect();
    let check = |nodes: &[(Node, usize)]| {
        for (node, stage) in nodes {
            takes(&by_old, node, stages[*stage].takes_old);
            takes(&by_new, node, stages[*stage].takes_new);
        }
    };
    check(&nodes);
    for (stage, next) in stages.iter().enumerate().skip(1) {
        for number in 0..count {
            nodes[number].0.server.ask_to_stop();
            assert_eq!(nodes[number].0.server.ended().code(), Some(0));
            nodes[number] = (start(&desk, number, next), stage);
            check(&nodes);
        }
    }
    let opened = by_new.at(&nodes[0].0.address).open("With the new key", "Hello");
    assert_eq!(by_new.at(&nodes[count - 1].0.address).messages(&opened).len(), 1);
}

//! An agent's day: the queue, a claim, answers, a handover, a call of their own, and the evening's numbers.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, column};

on_both_backends!(an_admins_whole_day);

fn an_admins_whole_day(backend: Backend) {
    spend(&Desk::start(backend));
}

/// The day, at whatever desk.
pub(crate) fn spend(desk: &Desk) {
    let agent = desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &["--email", "agent-1@example.com"]);
    let colleague = desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("BD"), &[]);
    let queue = the_queue(desk, &agent);
    claims(&agent, &colleague, &queue[0]);
    answers(desk, &agent, &queue[0]);
    hands_over(&agent, &colleague, &queue[1]);
    opens_a_conversation(desk, &agent);
    counts_the_day(&agent, &colleague);
}

/// What waits in the morning: the own country's, page by page, the urgent one first by filter.
fn the_queue(desk: &Desk, agent: &Person) -> Vec<Conversation> {
    let mut queue = Vec::new();
    for (number, priority) in ["urgent", "normal", "low"].iter().enumerate() {
        let body = json!({"subject": format!("Case {number}"), "initialMessage": "Please help", "priority": priority});
        queue.push(desk.driver(&format!("driver-{number}"), "BD").open_with(&body));
    }
    desk.driver("driver-9", "US").open("Not our country", "Hello");
    let first = agent.list("?status=open&assignedAdminId=none&limit=2&includeTotal=true");
    assert_eq!(column(&first["conversations"], "subject"), ["Case 2", "Case 1"]);
    assert_eq!(first["pagination"]["total"], 3);
    let cursor = first["pagination"]["nextCursor"].as_str().expect("a further page");
    let second = agent.list(&format!("?status=open&assignedAdminId=none&limit=2&cursor={cursor}"));
    assert_eq!(column(&second["conversations"], "subject"), ["Case 0"]);
    assert_eq!(column(&agent.list("?priority=urgent")["conversations"], "subject"), ["Case 0"]);
    queue
}

/// Claims the urgent one; a colleague who saw it free is too late.
fn claims(agent: &Person, colleague: &Person, case: &Conversation) {
    let mine = agent.change(case, &json!({"assignedAdminId": "agent-1", "version": 1}));
    assert_eq!(mine["assignedAdminId"], "agent-1");
    let late = json!({"assignedAdminId": "agent-2", "version": 1});
    colleague.patch(&colleague.path(case, ""), &late).refused(409, "stale");
    assert_eq!(column(&agent.list("?assignedAdminId=me")["conversations"], "id"), [case.id.as_str()]);
}

/// Reads, answers, is overtaken by the user, waits, resolves, sees it reopened, and closes it.
fn answers(desk: &Desk, agent: &Person, case: &Conversation) {
    let driver = desk.driver("driver-0", "BD");
    assert_eq!(agent.read(case, 1)["unreadCountAdmin"], 0);
    assert_eq!(agent.send_with(case, &json!({"content": "Which trip?", "ifLastSeq": 1}))["seq"], 2);
    driver.send(case, "Number 812");
    let overtaken = json!({"content": "Are you there?", "ifLastSeq": 2});
    agent.post(&agent.path(case, "/messages"), &overtaken).refused(409, "stale");
    agent.send_with(case, &json!({"content": "Thank you.", "ifLastSeq": 3, "clientMessageId": "agent-key-1"}));
    agent.change(case, &json!({"status": "pending", "priority": "high"}));
    agent.change(case, &json!({"status": "resolved"}));
    driver.send(case, "Still broken");
    let seen = agent.see(case);
    assert_eq!((&seen["status"], &seen["unreadCountAdmin"]), (&json!("open"), &json!(3)));
    agent.read(case, 99);
    let closed = agent.change(case, &json!({"status": "closed"}));
    assert_eq!((&closed["status"], &closed["unreadCountAdmin"]), (&json!("closed"), &json!(0)));
    agent.patch(&agent.path(case, ""), &json!({"status": "open"})).refused(409, "invalid_transition");
}

/// Gives a case to a colleague, who gives it back to the queue.
fn hands_over(agent: &Person, colleague: &Person, case: &Conversation) {
    agent.change(case, &json!({"assignedAdminId": "agent-1"}));
    agent.change(case, &json!({"assignedAdminId": "agent-2"}));
    assert_eq!(column(&colleague.list("?assignedAdminId=me")["conversations"], "id"), [case.id.as_str()]);
    let free = colleague.change(case, &json!({"assignedAdminId": null}));
    assert_eq!((&free["assignedAdminId"], &free["version"]), (&Value::Null, &json!(4)));
}

/// Calls a restaurant that has not asked.
fn opens_a_conversation(desk: &Desk, agent: &Person) {
    let body = json!({"userId": "restaurant-1", "userType": "restaurant", "countryCode": "BD",
        "subject": "Your opening hours", "initialMessage": "Are they still right?"});
    let restaurant = desk.restaurant("restaurant-1", "BD");
    let opened = agent.open_with(&body);
    assert_eq!(column(&restaurant.list("")["conversations"], "subject"), ["Your opening hours"]);
    restaurant.send(&opened, "Yes, they are.");
    agent.change(&opened, &json!({"status": "resolved"}));
}

fn counts_the_day(agent: &Person, colleague: &Person) {
    for person in [agent, colleague] {
        for (query, total) in [("", 4), ("&status=closed", 1), ("&status=resolved", 1), ("&assignedAdminId=none", 3)] {
            let list = person.list(&format!("?includeTotal=true{query}"));
            assert_eq!(list["pagination"]["total"], total, "{query}");
        }
    }
    assert_eq!(agent.list("?assignedAdminId=me")["conversations"][0]["status"], "closed");
}

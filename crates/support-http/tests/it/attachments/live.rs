//! Files over sockets: sent there, heard there, and caught up there.

use serde_json::json;

use super::forms::named;
use super::pictures::{pdf, png};
use crate::harness::{Backend, Desk, about, column};

on_both_backends!(
    a_message_with_files_is_sent_and_heard_over_sockets,
    a_resume_brings_the_files,
    a_socket_refuses_what_rest_refuses,
);
on_postgres!(another_node_tells_of_the_files);

fn a_message_with_files_is_sent_and_heard_over_sockets(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Live", "Hello");
    let (mut theirs, mut ours) = (driver.connect(), admin.connect());
    theirs.join(&opened);
    ours.join(&opened);
    let attachment = driver.upload("a.png", &png());
    let acked = theirs.say_with(&opened, &named(&[&attachment]));
    let heard = ours.next_message();
    for (message, person) in [(&acked, &driver), (&heard, &admin)] {
        assert_eq!((&message["messageType"], &message["seq"]), (&json!("attachment"), &json!(2)));
        let file = &message["attachments"][0];
        assert_eq!((&file["fileName"], &file["messageId"]), (&json!("a.png"), &message["id"]));
        assert!(file["fileUrl"].as_str().unwrap().starts_with(person.uploads()), "{file}");
        assert_eq!(person.get(file["fileUrl"].as_str().unwrap()).expect(200).bytes, png());
    }
    // And what is sent over REST.
    let mut body = named(&[&admin.upload("b.pdf", &pdf())]);
    body["content"] = json!("An answer");
    admin.send_with(&opened, &body);
    let heard = theirs.next_message();
    assert_eq!((&heard["text"], &heard["attachments"][0]["fileName"]), (&json!("An answer"), &json!("b.pdf")));
    assert!(heard["attachments"][0]["fileUrl"].as_str().unwrap().starts_with(driver.uploads()));
}

fn a_resume_brings_the_files(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Resume", "Hello");
    for _ in 0..3 {
        let (a, b) = (admin.upload("a.png", &png()), admin.upload("b.png", &png()));
        admin.send_files(&opened, &[&b, &a]);
    }
    let caught = driver.connect().join_after(&opened, 1);
    let messages = caught["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 3);
    for message in messages {
        assert_eq!(column(&message["attachments"], "fileName"), ["b.png", "a.png"]);
    }
}

fn a_socket_refuses_what_rest_refuses(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Refusals", "Hello");
    let theirs = desk.driver("driver-2", "BD").upload("a.png", &png());
    let mine = driver.upload("a.png", &png());
    let mut socket = driver.connect();
    socket.ask("support:sendMessage", &about(&opened, &named(&[&theirs]))).refused_field("attachmentIds");
    socket.ask("support:sendMessage", &about(&opened, &named(&[&mine, &mine]))).refused_field("attachmentIds");
    socket.ask("support:sendMessage", &about(&opened, &named(&[]))).refused_field("content");
    let acked = socket.say_with(&opened, &named(&[&mine]));
    assert_eq!(acked["attachments"][0]["id"], mine["id"]);
    socket.ask("support:sendMessage", &about(&opened, &named(&[&mine]))).refused_field("attachmentIds");
}

fn another_node_tells_of_the_files(backend: Backend) {
    let desk = Desk::plan(backend).set("SUPPORT_SYNC_SECONDS", "1").start();
    let node = desk.another_node();
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Nodes", "Hello");
    let mut there = admin.at(&node.address).connect();
    there.join(&opened);
    let attachment = driver.upload("a.png", &png());
    driver.send_files(&opened, &[&attachment]);
    let heard = there.next_message();
    assert_eq!(column(&heard["attachments"], "fileName"), ["a.png"]);
    assert_eq!(admin.at(&node.address).fetch(&attachment).expect(200).bytes, png());
}

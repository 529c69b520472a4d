//! Connections that are lost: whatever was written meanwhile comes once and in order, on both sides.

use super::two_at_the_console;
use crate::harness::{Backend, eventually};

const FIRST: &str = "The fare of my last trip is not in my wallet.";

#[test]
fn what_was_written_while_the_phone_had_no_network_comes_once_and_in_order() {
    let Some((console, _, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    console.shows("phone", &[FIRST]);
    console.browser.click("#phone .cut");
    console.browser.wait_until("document.querySelector('#phone .state[data-state=cut]')");
    for words in ["One", "Two", "Three"] {
        admin.send(&opened, words);
    }
    console.shows("desk", &[FIRST, "One", "Two", "Three"]);
    console.say("phone", "From the tunnel");
    console.say("phone", "Still there");
    console.browser.wait_until("document.querySelectorAll('#phone .pending').length === 2");
    console.shows("phone", &[FIRST]);
    console.browser.click("#phone .cut");
    let all = [FIRST, "One", "Two", "Three", "From the tunnel", "Still there"];
    console.shows("phone", &all);
    console.shows("desk", &all);
    console.browser.wait_until("!document.querySelector('#phone .pending')");
    // The drawer shows how it came back: by the number up to which all was there.
    let joins =
        "[...document.querySelectorAll('.line[data-side=phone][data-way=up][data-name=\"support:joinConversation\"]')]";
    console.browser.click("#traffic-toggle");
    console.browser.run(&format!("{joins}.at(-1).open = true"));
    console.browser.wait_until(&format!("{joins}.at(-1).querySelector('pre')?.innerText.includes('\"afterSeq\": 1')"));
    console.nothing_went_wrong();
}

#[test]
fn both_sides_come_back_after_a_loss_and_after_another_start_of_the_server() {
    let Some((mut console, _, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    console.shows("phone", &[FIRST]);
    console.way.cut();
    for side in ["phone", "desk"] {
        console.browser.wait_until(&format!("!document.querySelector('#{side} .state[data-state=live]')"));
    }
    admin.send(&opened, "Sent past the browser");
    console.say("phone", "Written without a line");
    console.desk.restart();
    console.way.turn_to(&console.desk.address().get());
    console.way.restore();
    let all = [FIRST, "Sent past the browser", "Written without a line"];
    console.shows("phone", &all);
    console.shows("desk", &all);
    console.live("phone");
    console.live("desk");
    // And it is live again, not only caught up.
    console.say("desk", "Seen");
    console.shows("phone", &[FIRST, "Sent past the browser", "Written without a line", "Seen"]);
    // The inbox as well: what came meanwhile to a list is in it.
    console.browser.wait_until("document.querySelector('#desk .row-preview').innerText === 'Seen'");
    console.nothing_went_wrong();
}

#[test]
fn a_send_whose_answer_was_lost_is_one_message() {
    let Some((console, _, admin, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.shows("phone", &[FIRST]);
    // The frame is on its way when the network goes; the answer finds nobody.
    console.browser.write("#phone textarea", "Has it arrived?");
    console
        .browser
        .run("document.querySelector('#phone .send').click(); document.querySelector('#phone .cut').click()");
    eventually("the message arrives", || admin.messages(&opened).len() == 2);
    assert_eq!(console.browser.texts("#phone .pending .content"), ["Has it arrived?"]);
    admin.send(&opened, "It has.");
    console.browser.click("#phone .cut");
    console.shows("phone", &[FIRST, "Has it arrived?", "It has."]);
    console.browser.wait_until("!document.querySelector('#phone .pending')");
    // What is sent behind it comes behind it: nothing was sent a second time in between.
    console.say("phone", "Good.");
    console.shows("phone", &[FIRST, "Has it arrived?", "It has.", "Good."]);
    assert_eq!(admin.messages(&opened).len(), 4);
    console.nothing_went_wrong();
}

#[test]
fn what_was_written_is_sent_although_its_writer_looks_at_something_else() {
    let Some((console, _, _, opened)) = two_at_the_console(Backend::Sqlite) else { return };
    console.choose("phone", &opened);
    console.choose("desk", &opened);
    console.browser.click("#phone .cut");
    console.say("phone", "From the tunnel");
    console.say("phone", "Still there");
    console.browser.click("#phone .phone-head .icon-button");
    console.browser.wait_until("document.querySelector('#phone .row')");
    console.browser.click("#phone .cut");
    console.shows("desk", &[FIRST, "From the tunnel", "Still there"]);
    console.choose("phone", &opened);
    console.shows("phone", &[FIRST, "From the tunnel", "Still there"]);
    // The room is followed by who came back to it, and not left by who had still to send.
    console.say("desk", "Drive carefully.");
    console.shows("phone", &[FIRST, "From the tunnel", "Still there", "Drive carefully."]);
    console.nothing_went_wrong();
}

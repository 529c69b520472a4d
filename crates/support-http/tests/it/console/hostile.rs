//! What somebody writes to harm who reads it: nothing of it runs, nothing is fetched, and honest text stays what it is.

use serde_json::json;

use super::two_at_the_console;
use crate::harness::Backend;

const HOSTILE: &[&str] = &[
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "<svg onload=alert(3)></svg>",
    "<a href=\"javascript:alert(4)\">here</a>",
    "<b onmouseover=alert(5) style=\"position:fixed\">bold</b>",
    "<iframe srcdoc=\"<script>parent.alert(6)</script>\"></iframe>",
    "</div></article><form action=/elsewhere><button>Send</button></form>",
];

#[test]
fn nothing_that_somebody_writes_runs_on_either_side() {
    let Some((console, driver, admin, _)) = two_at_the_console(Backend::Sqlite) else { return };
    let opened = driver.open("<img src=x onerror=alert(7)>", "<img src=x onerror=alert(8)>");
    for words in HOSTILE {
        driver.send(&opened, words);
        admin.send(&opened, words);
        for person in [&driver, &admin] {
            // What is left of it as HTML may be nothing, which is refused.
            let sent = person.post(&person.path(&opened, "/messages"), &json!({"content": words, "format": "html"}));
            assert!([201, 400].contains(&sent.status), "{words}: {}", sent.text);
        }
    }
    for (side, person) in [("phone", &driver), ("desk", &admin)] {
        console.choose(side, &opened);
        let all = person.messages(&opened);
        let last = all.last().and_then(|last| last["seq"].as_i64()).expect("a message");
        console.browser.wait_until(&format!("document.querySelector('#{side} .messages [data-seq=\"{last}\"]')"));
        let foreign = "img, script, svg:not(.icon), iframe, form, button, [style], [onerror], [onload], [onmouseover]";
        let selector: Vec<String> = foreign.split(", ").map(|one| format!("#{side} .content {one}")).collect();
        assert_eq!(
            console.browser.run(&format!("return document.querySelectorAll({}).length", json!(selector.join(", ")))),
            0
        );
        let links = console
            .browser
            .run(&format!("return [...document.querySelectorAll('#{side} .content a')].map((one) => one.protocol)"));
        assert!(links.as_array().is_some_and(|links| !links.contains(&json!("javascript:"))), "{links}");
        // As text it is read as it was written.
        let shown = console.messages(side);
        assert!(shown.iter().any(|text| text == "<img src=x onerror=alert(1)>"), "{side}: {shown:?}");
    }
    console.nothing_went_wrong();
    // If these were not noticed, nothing else would have been.
    console.browser.run("const one = document.createElement('img'); one.src = 'https://elsewhere.invalid/x.png'; document.body.append(one)");
    console.browser.wait_until("wrong.some((one) => one.startsWith('img-src'))");
    let sink = "try { document.createElement('p').innerHTML = '<b>x</b>'; return false } catch { return true }";
    assert_eq!(console.browser.run(sink), true, "no other script can make HTML of text");
}

//! Pages of the desk's list, with ten thousand conversations and with a million. What the loader has made is read back over
//! REST first: a list of rows that the server would not have written says nothing.

use serde_json::Value;

use crate::desk::Desk;
use crate::figures::{Book, Unit};
use crate::plan::{LARGE_LIST, SMALL_LIST};
use crate::{Stage, Stop};

const LOADER: &str = include_str!("../sql/conversations.sql");

/// As many as a screen shows.
const LIMIT: usize = 50;

/// What the API gives at most.
const MOST: usize = 100;

const LIST: &str = "/api/admin/support/conversations";

/// A desk with so many conversations.
struct Listing {
    name: &'static str,
    desk: Desk,
    /// Behind half of the conversations, or as far down as the plan says.
    cursor: String,
}

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let (staff, rare) = (stage.admin_token("SUPER_ADMIN", None)?, stage.admin_token("COUNTRY_ADMIN", Some("US"))?);
    let mut listings = Vec::new();
    for (name, count) in [("small", SMALL_LIST), ("large", LARGE_LIST)] {
        stage.tell(&format!("lists: {count} conversations are made"));
        let database = format!("lists_{name}");
        let url = stage.make_database(&database)?;
        stage.run_sql(&database, LOADER, &[("conversations", count)])?;
        let desk = stage.start_desk(&url, &format!("desk-lists-{name}"))?;
        read_back(&desk, &staff)?;
        let depth = stage.plan.depth.min(count / 2);
        let cursor = walk(&desk, &staff, depth)?;
        book.note(format!("lists.{name}.depth"), Unit::Count, depth as f64);
        listings.push(Listing { name, desk, cursor });
    }
    let files = [("staff", &staff), ("rare", &rare)];
    for (name, token) in files {
        let file = stage.options.work.join(format!("{name}.token"));
        std::fs::write(file, format!("admin {token}\n")).map_err(Stop::when("a token"))?;
    }
    for round in 0..stage.plan.rounds {
        stage.tell(&format!("lists, round {}", round + 1));
        for page in ["first", "open", "middle", "rare"] {
            for listing in &listings {
                measure(stage, book, listing, page)?;
            }
        }
    }
    Ok(())
}

fn measure(stage: &Stage, book: &mut Book, listing: &Listing, page: &str) -> Result<(), Stop> {
    let (person, filter) = match page {
        // In one country, since of the rare one a small list has less than a page of them.
        "open" => ("staff", " --filter status=open&countryCode=BD".to_owned()),
        "middle" => ("staff", format!(" --filter cursor={}", listing.cursor)),
        "rare" => ("rare", String::new()),
        _ => ("staff", String::new()),
    };
    let tokens = stage.options.work.join(format!("{person}.token"));
    let words = format!(
        "lists --conversations 0 --pages 1 --walks {} --limit {LIMIT} --tokens {}{filter}",
        stage.plan.pages,
        tokens.display()
    );
    let report = stage.load(&listing.desk, &words)?;
    report.note_latency(book, &format!("lists.{}.{page}", listing.name), "page")
}

fn get(desk: &Desk, token: &str, path: &str) -> Result<Value, Stop> {
    let request = ureq::get(format!("{}{path}", desk.url)).header("Authorization", format!("Bearer {token}"));
    let answer = request.call().map_err(Stop::when("a list"))?;
    serde_json::from_reader(answer.into_body().into_reader()).map_err(Stop::when("a list"))
}

/// Holds the first page, and the messages of its conversations, against each other.
fn read_back(desk: &Desk, token: &str) -> Result<(), Stop> {
    let page = get(desk, token, &format!("{LIST}?limit={LIMIT}"))?;
    let conversations = page["conversations"].as_array().map_or(&[][..], Vec::as_slice);
    if conversations.len() != LIMIT {
        return Err(Stop::new(format!("the list has {} conversations, not {LIMIT}", conversations.len())));
    }
    for conversation in conversations {
        let id = conversation["id"].as_str().unwrap_or_default();
        let listed = get(desk, token, &format!("{LIST}/{id}/messages?limit={MOST}"))?;
        is_consistent(conversation, &listed).map_err(|fault| Stop::new(format!("conversation {id}: {fault}")))?;
    }
    Ok(())
}

/// Whether the messages are those that the conversation tells of.
fn is_consistent(conversation: &Value, listed: &Value) -> Result<(), &'static str> {
    let messages = listed["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut numbers: Vec<i64> = messages.iter().filter_map(|message| message["seq"].as_i64()).collect();
    numbers.sort_unstable();
    let last = conversation["lastSeq"].as_i64().ok_or("no last number")?;
    if last < 1 || !numbers.iter().copied().eq(1..=last) {
        return Err("its messages are not numbered up to the last one");
    }
    let newest = messages.iter().max_by_key(|message| message["seq"].as_i64()).ok_or("no message")?;
    if newest["createdAt"] != conversation["lastMessageAt"] {
        return Err("its last message is of another moment");
    }
    let is_of_user = |message: &&Value| message["senderType"] == "user";
    let unread = conversation["unreadCountAdmin"].as_u64().ok_or("no count of what is unread")?;
    if unread > messages.iter().filter(is_of_user).count() as u64 {
        return Err("more is unread than was written");
    }
    Ok(())
}

/// Walks so far down the list, and returns the cursor of what comes next.
fn walk(desk: &Desk, token: &str, depth: usize) -> Result<String, Stop> {
    let mut cursor = String::new();
    for page in 0..depth / MOST {
        let begin = if page == 0 { String::new() } else { format!("&cursor={cursor}") };
        let answer = get(desk, token, &format!("{LIST}?limit={MOST}{begin}"))?;
        let next = answer["pagination"]["nextCursor"].as_str();
        cursor = next.ok_or_else(|| Stop::new("the list ends before its middle"))?.to_owned();
    }
    Ok(cursor)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_conversation_that_does_not_fit_its_messages_is_noticed() {
        let message = |seq: i64, at: &str, by: &str| json!({"seq": seq, "createdAt": at, "senderType": by});
        let listed = json!({"messages": [message(1, "a", "user"), message(2, "b", "admin")]});
        let conversation = |last: i64, at: &str, unread: i64| json!({"lastSeq": last, "lastMessageAt": at, "unreadCountAdmin": unread});
        assert_eq!(is_consistent(&conversation(2, "b", 1), &listed), Ok(()));
        for wrong in [conversation(3, "b", 1), conversation(2, "a", 1), conversation(2, "b", 2), json!({})] {
            assert!(is_consistent(&wrong, &listed).is_err(), "{wrong}");
        }
        assert!(is_consistent(&conversation(0, "b", 0), &json!({"messages": []})).is_err());
    }
}

//! The pictures of the page, each of figures of the run.

use std::path::Path;

use crate::Stop;
use crate::chart::{Bars, Group};
use crate::figures::Book;
use crate::plan::SENDERS;
use crate::targets::{Limit, TARGETS};

/// Draws them into a folder.
pub(crate) fn draw(book: &Book, folder: &Path) -> Result<(), Stop> {
    std::fs::create_dir_all(folder).map_err(Stop::when("the pictures"))?;
    let pictures = [
        ("sends", sends(book)),
        ("database-cpu", database_cpu(book)),
        ("sqlite", sqlite(book)),
        ("lists", lists(book)),
        ("fan-out", fan_out(book)),
        ("idle", idle(book)),
    ];
    for (name, bars) in pictures {
        let bars = bars.ok_or_else(|| Stop::new(format!("the picture {name} shows what was not measured")))?;
        std::fs::write(folder.join(format!("{name}.svg")), bars.to_svg()? + "\n").map_err(Stop::when("a picture"))?;
    }
    Ok(())
}

/// What a target allows, times what it is a share of.
fn limit(expression: &str, of: f64) -> Option<f64> {
    let target = TARGETS.iter().find(|target| target.expression == expression)?;
    let (Limit::AtMost(limit) | Limit::AtLeast(limit)) = target.limit;
    Some(limit * of)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn of_senders(senders: usize) -> String {
    if senders == 1 { "1 sender".to_owned() } else { format!("{senders} senders") }
}

fn against_pgbench(book: &Book, title: &str, what: &str) -> Option<Bars> {
    let group = |senders: usize| {
        let (desk, limiting) = (format!("sends.desk.{senders}.{what}"), format!("sends.pgbench.{senders}.{what}"));
        let heights = vec![book.median(&limiting)?, book.median(&desk)?];
        let target = limit(&format!("{desk} / {limiting}"), heights[0]);
        Some(Group { label: of_senders(senders), heights, target })
    };
    let groups = SENDERS.into_iter().map(group).collect::<Option<_>>()?;
    Some(Bars { title: title.to_owned(), series: names(&["pgbench", "the desk"]), groups, digits: 0 })
}

fn sends(book: &Book) -> Option<Bars> {
    against_pgbench(book, "Messages a second over REST, on PostgreSQL", "rate")
}

fn database_cpu(book: &Book) -> Option<Bars> {
    against_pgbench(book, "The database's CPU for a message, microseconds", "database_cpu")
}

fn sqlite(book: &Book) -> Option<Bars> {
    let alone = book.median("sqlite.loop.rate")?;
    let mut groups = vec![Group { label: "a loop alone".to_owned(), heights: vec![alone], target: None }];
    for senders in SENDERS {
        let height = book.median(&format!("sqlite.desk.{senders}.rate"))?;
        groups.push(Group { label: format!("the desk, {}", of_senders(senders)), heights: vec![height], target: None });
    }
    Some(Bars { title: "Messages a second, on SQLite".to_owned(), series: Vec::new(), groups, digits: 0 })
}

fn lists(book: &Book) -> Option<Bars> {
    let group = |(page, label): (&str, &str)| {
        let (small, large) = (format!("lists.small.{page}.p50"), format!("lists.large.{page}.p50"));
        let heights = vec![book.median(&small)?, book.median(&large)?];
        let target = limit(&format!("{large} / {small}"), heights[0]);
        Some(Group { label: label.to_owned(), heights, target })
    };
    let pages =
        [("first", "first page"), ("open", "first page, open"), ("middle", "in the middle"), ("rare", "rare country")];
    let groups = pages.into_iter().map(group).collect::<Option<_>>()?;
    let series = names(&["10,000 conversations", "1,000,000 conversations"]);
    Some(Bars { title: "A page of the list, half within so many ms".to_owned(), series, groups, digits: 2 })
}

fn single(book: &Book, name: &str, label: &str) -> Option<Group> {
    Some(Group { label: label.to_owned(), heights: vec![book.median(name)?], target: limit(name, 1.0) })
}

fn fan_out(book: &Book) -> Option<Bars> {
    let groups = vec![
        single(book, "fan_out.one.server_cpu", "1 room of 1,000")?,
        single(book, "fan_out.many.server_cpu", "50 rooms of 20")?,
    ];
    let title = "The server's CPU for a delivery, microseconds".to_owned();
    Some(Bars { title, series: names(&["the desk"]), groups, digits: 1 })
}

fn idle(book: &Book) -> Option<Bars> {
    let groups =
        vec![single(book, "idle.few.memory", "5,000 sockets")?, single(book, "idle.many.memory", "20,000 sockets")?];
    let title = "Memory of the server for an idle joined socket, KiB".to_owned();
    Some(Bars { title, series: names(&["the desk"]), groups, digits: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Unit;

    #[test]
    fn a_picture_shows_medians_and_where_the_target_is() {
        let mut book = Book::default();
        for senders in SENDERS {
            book.note(format!("sends.pgbench.{senders}.rate"), Unit::PerSecond, 4_000.0);
            book.note(format!("sends.desk.{senders}.rate"), Unit::PerSecond, 9_000.0);
        }
        let bars = sends(&book).unwrap();
        assert!(bars.groups.iter().all(|group| group.heights == [4_000.0, 9_000.0]));
        let targets: Vec<Option<f64>> = bars.groups.iter().map(|group| group.target).collect();
        assert_eq!(targets, [None, None, Some(6_000.0)]);
        assert!(database_cpu(&book).is_none(), "what was not measured is not drawn");
    }
}

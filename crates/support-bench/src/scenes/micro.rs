//! Functions by themselves: the medians that `cargo bench` has printed.

use crate::figures::{Book, Unit};
use crate::{Stage, Stop};

/// Between the columns of divan's tables.
const BAR: char = '\u{2502}';

/// What a line begins with that is below another one, and how wide a level is.
const BRANCHES: [char; 2] = ['\u{251c}', '\u{2570}'];
const LEVEL: usize = 3;

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let Some(file) = &stage.options.micro else { return Ok(()) };
    let printed = std::fs::read_to_string(file).map_err(Stop::when("what cargo bench has printed"))?;
    for (name, nanos) in medians(&printed) {
        book.note(format!("micro.{name}"), Unit::Nanos, nanos);
    }
    Ok(())
}

/// The medians of divan's tables, in nanoseconds, named by the file of benches, the function and its argument, with dots
/// between.
fn medians(printed: &str) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for line in printed.lines() {
        let branch = line.chars().position(|character| BRANCHES.contains(&character));
        let cells: Vec<&str> = line.split(BAR).collect();
        // Everything before the first time of the line, and its branches.
        let label = line.trim_start_matches(|c: char| c == ' ' || c == BAR || BRANCHES.contains(&c) || c == '\u{2500}');
        let label = label.split("  ").next().unwrap_or_default().trim();
        let depth = branch.map_or(0, |place| place / LEVEL + 1);
        if label.is_empty() || cells.len() < 5 || depth > names.len() {
            continue;
        }
        names.truncate(depth);
        names.push(label);
        // From the right, since the branches are bars as well: iterations, samples, mean, median.
        if let Some(nanos) = cells.iter().rev().nth(3).and_then(|cell| nanos(cell)) {
            found.push((names.join("."), nanos));
        }
    }
    found
}

/// A time as divan writes it.
fn nanos(cell: &str) -> Option<f64> {
    let (number, unit) = cell.trim().split_once(' ')?;
    let factor = match unit {
        "ps" => 0.001,
        "ns" => 1.0,
        "\u{b5}s" | "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_median_is_found_under_its_name() {
        let printed = "
     Running benches/content.rs (target/release/deps/content-1)
Timer precision: 20 ns
content                fastest       | slowest       | median        | mean          | samples | iters
+- html                              |               |               |               |         |
|  +- english          1.2 us        | 2 us          | 1.5 us        | 1.6 us        | 100     | 100
|  L- english, digits  800 ns        | 2 us          | 900.5 ns      | 1.6 us        | 100     | 100
L- plain_text          10 ns         | 2 ms          | 0.012 ms      | 13 ns         | 100     | 100

token                  fastest       | slowest       | median        | mean          | samples | iters
L- cached              10 ns         | 2 ms          | 2.5 s         | 13 ns         | 100     | 100
";
        let printed = printed.replace("|  L- ", "|  \u{2570}\u{2500} ").replace("|  +- ", "|  \u{251c}\u{2500} ");
        let printed = printed.replace("L- ", "\u{2570}\u{2500} ").replace("+- ", "\u{251c}\u{2500} ");
        let printed = printed.replace('|', "\u{2502}").replace("us ", "\u{b5}s ");
        let expected = [
            ("content.html.english", 1_500.0),
            ("content.html.english, digits", 900.5),
            ("content.plain_text", 12_000.0),
            ("token.cached", 2.5e9),
        ];
        assert_eq!(medians(&printed), expected.map(|(name, nanos)| (name.to_owned(), nanos)));
    }
}

//! `lists`: walks through the pages of the desk's list. Each conversation is met once, and those of this run are met.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::task::JoinSet;

use super::Findings;
use crate::Stop;
use crate::Trouble;
use crate::measure::Measure;
use crate::options::Lists;
use crate::people::Person;
use crate::process::Look;
use crate::progress::Progress;
use crate::report::Check;
use crate::rest::RestClient;
use crate::rooms::{Room, open_rooms};
use crate::run::Run;
use crate::tries::Tries;

#[derive(Deserialize)]
struct Page {
    conversations: Vec<Listed>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    next_cursor: Option<String>,
}

pub(super) async fn play(run: &Arc<Run>, options: &Lists) -> Result<Findings, Stop> {
    let rooms = open_rooms(run, options.conversations, options.conversations).await?;
    let admin = run.people.admin(0)?;
    let page = Arc::new(Measure::new("page"));
    let (from, before) = (run.now(), Look::now(&run.common));
    page.count_from(from + run.warm_up());
    let mut tasks = JoinSet::new();
    for _ in 0..options.walkers {
        let (run, rooms, options) = (Arc::clone(run), Arc::clone(&rooms), options.clone());
        let (admin, page) = (admin.clone(), Arc::clone(&page));
        tasks.spawn(async move {
            let (mut client, mut faults) = (run.rest_client(), Vec::new());
            for _ in 0..options.walks {
                faults.extend(walk(&run, &mut client, &admin, &options, &rooms, &page).await);
            }
            faults
        });
    }
    let mut faults = Vec::new();
    {
        let shown = Arc::clone(&page);
        let _progress = Progress::show(run.common.quiet, "pages", None, move || shown.done());
        while let Some(some) = tasks.join_next().await {
            faults.extend(some.map_err(|_| Stop::new("a task of this program has failed"))?);
        }
    }
    let after = Look::now(&run.common);
    let walks = options.walkers * options.walks;
    let sentence = format!("each of {walks} walks met no conversation twice, and a whole one all of this run");
    Ok(Findings {
        measures: vec![page],
        numbers: BTreeMap::from([("walks", walks as f64)]),
        checks: vec![Check::new("listed", sentence, faults)],
        from: from + run.warm_up(),
        to: run.now().max(from + run.warm_up() + Duration::from_millis(1)),
        before,
        after,
    })
}

/// One walk; what was wrong with it.
async fn walk(
    run: &Run,
    client: &mut RestClient,
    admin: &Person,
    options: &Lists,
    rooms: &[Room],
    measure: &Measure,
) -> Vec<String> {
    let (mut met, mut faults) = (HashSet::new(), Vec::new());
    let filter = options.filter.as_ref().map(|filter| format!("&{filter}")).unwrap_or_default();
    let mut cursor = String::new();
    let mut pages = 0;
    let is_whole = loop {
        if options.pages.is_some_and(|most| pages >= most) {
            break false;
        }
        let path = format!("{}?limit={}{filter}{cursor}", admin.conversations(), options.limit);
        let answer = match get_page(run, client, admin, &path, measure).await {
            Ok(answer) => answer,
            Err(trouble) => {
                faults.push(format!("page {}: {trouble}", pages + 1));
                break false;
            }
        };
        pages += 1;
        let Ok(page) = serde_json::from_str::<Page>(&answer) else {
            faults.push(format!("page {pages}: not understood"));
            break false;
        };
        for listed in page.conversations {
            if !met.insert(listed.id.clone()) {
                faults.push(format!("page {pages}: conversation {} again", listed.id));
            }
        }
        match page.pagination.next_cursor {
            Some(next) => cursor = format!("&cursor={}", escaped(&next)),
            None => break true,
        }
    };
    if is_whole && options.filter.is_none() {
        let missing = rooms.iter().filter(|room| !met.contains(&room.id));
        faults.extend(missing.map(|room| format!("conversation {} was not met", room.id)));
    }
    faults
}

/// One page, asked for until it comes; only the last time counts, but every failure.
async fn get_page(
    run: &Run,
    client: &mut RestClient,
    admin: &Person,
    path: &str,
    measure: &Measure,
) -> Result<String, Trouble> {
    let mut tries = Tries::new();
    loop {
        let began = run.now();
        match client.get(admin, path).await {
            Ok(answer) => {
                measure.succeed(began, run.now());
                return Ok(answer);
            }
            Err(trouble) => {
                measure.fail(&trouble);
                tries.again(run, trouble).await?;
            }
        }
    }
}

/// For the query of a URL.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_one_value_of_the_query() {
        assert_eq!(escaped("aZ9-._~"), "aZ9-._~");
        assert_eq!(escaped("a=b&c+d%"), "a%3Db%26c%2Bd%25");
    }
}

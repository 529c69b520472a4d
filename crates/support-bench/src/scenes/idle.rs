//! What a socket costs that has joined a conversation and does nothing: the growth of the server's resident memory, for each
//! of so many, of a server that was started for it. Where a process may open too few files for all of them, they are spread
//! over as many servers as it takes, each with a load of its own, all at the same time.

use rustix::process::{Resource, getrlimit};

use crate::desk::Desk;
use crate::figures::{Book, Unit};
use crate::plan::{FEW_SOCKETS, MANY_SOCKETS};
use crate::{Stage, Stop};

/// What a server has open for each socket: itself, and a second handle with which it can be cut.
const FILES_OF_A_SOCKET: u64 = 2;

/// What a process has open besides.
const OTHER_FILES: u64 = 1_000;

pub(crate) fn play(stage: &Stage, book: &mut Book) -> Result<(), Stop> {
    let url = stage.make_database("idle")?;
    for round in 0..stage.plan.socket_rounds {
        for (name, sockets) in [("few", FEW_SOCKETS), ("many", MANY_SOCKETS)] {
            let servers = servers_for(sockets, getrlimit(Resource::Nofile).current)?;
            stage.tell(&format!("idle, round {}: {sockets} sockets at {servers} servers", round + 1));
            hold(stage, book, &url, &format!("idle.{name}"), sockets, servers)?;
        }
    }
    Ok(())
}

/// How many servers it takes.
fn servers_for(sockets: usize, most_files: Option<u64>) -> Result<usize, Stop> {
    let Some(most_files) = most_files else { return Ok(1) };
    let at_one = usize::try_from(most_files.saturating_sub(OTHER_FILES) / FILES_OF_A_SOCKET).unwrap_or(usize::MAX);
    if at_one == 0 {
        return Err(Stop::new("a process may open too few files: raise `ulimit -n`"));
    }
    Ok(sockets.div_ceil(at_one))
}

fn hold(stage: &Stage, book: &mut Book, url: &str, name: &str, sockets: usize, servers: usize) -> Result<(), Stop> {
    let desks = (0..servers).map(|server| stage.start_desk(url, &format!("desk-idle-{server}")));
    let desks = desks.collect::<Result<Vec<Desk>, Stop>>()?;
    let share = |server: usize| (sockets + server) / servers;
    let mut loads = Vec::new();
    for (server, desk) in desks.iter().enumerate() {
        let words = format!("idle --sockets {} --seconds {}", share(server), stage.plan.held_seconds);
        loads.push(stage.begin_load(desk, &format!("load-idle-{server}"), &words)?);
    }
    let (mut grown, mut joined, mut micros) = (0.0, 0.0, 0.0);
    for load in loads {
        let report = stage.end_load(load)?;
        grown += report.number("/server/rssAfterBytes")? - report.number("/server/rssBeforeBytes")?;
        joined += report.number("/numbers/stillJoined")?;
        micros += report.number("/numbers/serverCpuMicrosPerSecondWhileHeld")?;
    }
    book.note(format!("{name}.sockets"), Unit::Count, joined);
    book.note(format!("{name}.servers"), Unit::Count, servers as f64);
    book.note(format!("{name}.memory"), Unit::Kibibytes, grown / joined / 1_024.0);
    book.note(format!("{name}.cpu"), Unit::Micros, micros / joined);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_spread_where_too_few_files_may_be_open() {
        assert_eq!(servers_for(20_000, None).unwrap(), 1);
        assert_eq!(servers_for(20_000, Some(41_000)).unwrap(), 1);
        assert_eq!(servers_for(20_000, Some(40_999)).unwrap(), 2);
        assert_eq!(servers_for(20_000, Some(20_000)).unwrap(), 3);
        assert!(servers_for(1, Some(1_000)).is_err());
    }
}

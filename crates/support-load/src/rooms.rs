//! The conversations of a run: opened at its beginning, read back and held against the books at its end.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Stop;
use crate::Trouble;
use crate::ledger::{Found, Ledger, receipt};
use crate::page::Page;
use crate::people::Person;
use crate::progress::Progress;
use crate::report::Check;
use crate::rest::RestClient;
use crate::run::Run;
use crate::scan::scan_answer;
use crate::tries::Tries;
use crate::trouble::advice;

const OPENING: &str = "no conversation could be opened";
/// So many are opened, and read back, at the same time.
const AT_ONCE: usize = 8;

/// A conversation.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: String,
    pub(crate) owner: Person,
    ledger: Mutex<Ledger>,
}

impl Room {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens so many conversations, of so many users in turn.
pub(crate) async fn open_rooms(run: &Arc<Run>, rooms: usize, owners: usize) -> Result<Arc<Vec<Room>>, Stop> {
    let people = (0..owners).map(|number| run.people.user(number)).collect::<Result<Vec<_>, Stop>>()?;
    let people = Arc::new(people);
    let (next, opened) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let shown = Arc::clone(&opened);
    let _progress = Progress::show(run.common.quiet, "opening conversations", Some(rooms as u64), move || {
        shown.load(Ordering::Relaxed)
    });
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE.min(rooms) {
        let (run, people) = (Arc::clone(run), Arc::clone(&people));
        let (next, opened) = (Arc::clone(&next), Arc::clone(&opened));
        tasks.spawn(async move {
            let (mut client, mut made) = (run.rest_client(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= rooms {
                    return Ok(made);
                }
                made.push((number, open_room(&run, &mut client, &people[number % people.len()]).await?));
                opened.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut all = Vec::with_capacity(rooms);
    while let Some(made) = tasks.join_next().await {
        all.extend(made.map_err(|_| Stop::new("a task of this program has failed"))??);
    }
    all.sort_by_key(|(number, _)| *number);
    Ok(Arc::new(all.into_iter().map(|(_, room)| room).collect()))
}

async fn open_room(run: &Run, client: &mut RestClient, owner: &Person) -> Result<Room, Stop> {
    let key = run.key(run.now()).to_uuid();
    // Under one key it stays one conversation, however often it is tried.
    let body = serde_json::json!({"subject": "Load", "initialMessage": "The first message.", "clientMessageId": key});
    let body = body.to_string();
    let mut ledger = Ledger::default();
    ledger.send(key);
    let mut tries = Tries::new();
    let answer = loop {
        match client.post(owner, "/api/support/conversations", body.clone()).await {
            Ok(answer) => break answer,
            Err(trouble) => tries.again(run, trouble).await.map_err(|trouble| refusal(OPENING, &trouble))?,
        }
    };
    let message = scan_answer(&answer).ok_or_else(|| Stop::new("the answer to an opening was not understood"))?;
    let receipt = receipt(&message).ok_or_else(|| Stop::new("the answer to an opening was not understood"))?;
    ledger.acknowledge(key, receipt);
    Ok(Room { id: message.conversation_id.to_owned(), owner: owner.clone(), ledger: Mutex::new(ledger) })
}

/// Why the run ends, with what can be done about it.
pub(crate) fn refusal(what: &str, trouble: &Trouble) -> Stop {
    let advice = advice(&trouble.kind).map(|sentence| format!(". {sentence}")).unwrap_or_default();
    Stop::new(format!("{what}: {trouble}{advice}"))
}

/// Reads all conversations back and holds them against the books.
pub(crate) async fn verify(run: &Arc<Run>, rooms: &Arc<Vec<Room>>) -> Result<Check, Stop> {
    let (next, read) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let shown = Arc::clone(&read);
    let total = Some(rooms.len() as u64);
    let _progress = Progress::show(run.common.quiet, "checking", total, move || shown.load(Ordering::Relaxed));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE.min(rooms.len()) {
        let (run, rooms, next, read) = (Arc::clone(run), Arc::clone(rooms), Arc::clone(&next), Arc::clone(&read));
        tasks.spawn(async move {
            let (mut client, mut faults) = (run.rest_client(), Vec::new());
            while let Some(room) = rooms.get(next.fetch_add(1, Ordering::Relaxed)) {
                let found = read_back(&run, &mut client, room).await;
                let found = found.map_err(|trouble| refusal("a conversation could not be read back", &trouble))?;
                let ledger = room.ledger();
                faults.extend(ledger.check(&found).iter().map(|fault| format!("conversation {}: {fault}", room.id)));
                read.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Stop>(faults)
        });
    }
    let mut faults = Vec::new();
    while let Some(some) = tasks.join_next().await {
        faults.extend(some.map_err(|_| Stop::new("a task of this program has failed"))??);
    }
    let acknowledged: u64 = rooms.iter().map(|room| room.ledger().acknowledged()).sum();
    let sent: u64 = rooms.iter().map(|room| room.ledger().sent()).sum();
    let sentence = format!(
        "{acknowledged} acknowledged of {sent} messages in {} conversations are there, once, in order, without a gap",
        rooms.len()
    );
    Ok(Check::new("kept", sentence, faults))
}

async fn read_back(run: &Run, client: &mut RestClient, room: &Room) -> Result<Vec<Found>, Trouble> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("{}/{}/messages?afterSeq={after}&limit=100", room.owner.conversations(), room.id);
        let mut tries = Tries::new();
        let answer = loop {
            match client.get(&room.owner, &path).await {
                Ok(answer) => break answer,
                Err(trouble) => tries.again(run, trouble).await?,
            }
        };
        let page: Page = serde_json::from_str(&answer).map_err(|_| Trouble::new("not_understood"))?;
        found.extend(page.messages.iter().map(|message| Found {
            seq: message.seq,
            id: message.id,
            key: message.client_message_id.as_deref().and_then(|key| Uuid::try_parse(key).ok()),
        }));
        let last = page.messages.iter().map(|message| message.seq).max();
        match last.filter(|last| page.pagination.has_more && *last > after) {
            Some(last) => after = last,
            // A server that says that there is more, and gives nothing new, is asked no further.
            None if page.pagination.has_more => return Err(Trouble::new("page_without_end")),
            None => return Ok(found),
        }
    }
}

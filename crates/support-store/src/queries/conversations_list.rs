//! Lists of conversations.
//!
//! A list runs as lanes, one a country (or one for a user's own list): each is served from its index in the order of the
//! list, and the lanes are merged. The number of statements depends on the lanes alone, never on the rows.

use std::cmp::Reverse;
use std::time::Duration;

use diesel::prelude::*;
use support_domain::visibility::Scope;
use support_domain::{ConversationId, CountryCode, SupportConversation, TextEnum, Timestamp, Visibility};

use super::rows::ConversationRow;
use super::schema::{support_conversation_search as s, support_conversations as c, support_messages as m};
use super::{Conn, Db, Found, subject_contains};
use crate::page::{
    AssignedTo, ConversationFilter, ConversationsPage, Counted, LONGEST_WRITE, MOST_COUNTED, MOST_MOVED,
    MOST_REMEMBERED, PageRequest, PageStart, Position,
};
use crate::search;
use crate::sql_types::{Id, Moment};

type Query<'a> = c::BoxedQuery<'a, Db>;

/// A conversation and its place in a walk, which is not that of its newest activity if it has moved meanwhile.
struct Listed {
    conversation: SupportConversation,
    position: Position,
}

/// A page of conversations, newest activity first. All statements have to see one snapshot.
pub(crate) fn list_conversations(
    conn: &mut Conn,
    visibility: &Visibility,
    filter: &ConversationFilter,
    page: &PageRequest,
) -> Found<ConversationsPage> {
    let (lanes, wanted) = (lanes(visibility, filter), page.limit.saturating_add(1));
    let mut found = Vec::new();
    for lane in &lanes {
        found.extend(standing(conn, lane, page.start.as_ref(), wanted)?);
        if let Some(start) = &page.start {
            found.extend(moved(conn, lane, start, wanted)?);
        }
    }
    found.sort_by_key(|listed| Reverse(listed.position));
    let more = found.len() > page.limit;
    found.truncate(page.limit);
    let next = if more { next_start(conn, &lanes, page.start.as_ref(), &found)? } else { None };
    Ok(ConversationsPage { conversations: found.into_iter().map(|listed| listed.conversation).collect(), next })
}

fn next_start(
    conn: &mut Conn,
    lanes: &[Lane<'_>],
    start: Option<&PageStart>,
    found: &[Listed],
) -> Found<Option<PageStart>> {
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(None) };
    let (began, cut, mut listed) = match start {
        Some(start) => (start.began, start.cut, start.listed.clone()),
        None => (first.position.at, cut(conn, lanes, first.position, last.position)?, Vec::new()),
    };
    listed.extend(found.iter().filter(|one| one.position.at >= cut).map(|one| one.position.id));
    Ok(Some(PageStart { after: last.position, began, cut, listed }))
}

/// The moment at which the list stands still for a walk that begins with that page.
fn cut(conn: &mut Conn, lanes: &[Lane<'_>], first: Position, last: Position) -> Found<Timestamp> {
    let cut = first.at.minus(LONGEST_WRITE);
    if last.at < cut {
        return Ok(cut);
    }
    // A busy desk: there may be more behind the cut than can be remembered.
    let mut recent: Vec<Moment> = Vec::new();
    for lane in lanes {
        let query = lane.query().filter(c::last_message_at.ge(Moment(cut))).order(c::last_message_at.desc());
        let most = i64::try_from(MOST_REMEMBERED).unwrap_or(i64::MAX);
        recent.extend(query.limit(most.saturating_add(1)).select(c::last_message_at).load::<Moment>(conn)?);
    }
    recent.sort_unstable_by_key(|moment| Reverse(*moment));
    let too_many = recent.get(MOST_REMEMBERED).map(|moment| moment.0.plus(Duration::from_millis(1)));
    Ok(too_many.unwrap_or(cut))
}

/// How many conversations the filter lets through, up to a cap.
pub(crate) fn count_conversations(
    conn: &mut Conn,
    visibility: &Visibility,
    filter: &ConversationFilter,
) -> Found<Counted> {
    let mut total = 0;
    for lane in lanes(visibility, filter) {
        let rows: Vec<Id> = lane.query().select(c::id).limit(MOST_COUNTED + 1).load(conn)?;
        total += i64::try_from(rows.len()).unwrap_or(i64::MAX);
    }
    Ok(Counted { total: total.min(MOST_COUNTED), capped: total > MOST_COUNTED })
}

/// A part of a list that one index serves.
struct Lane<'a> {
    visibility: &'a Visibility,
    filter: &'a ConversationFilter,
    country: Option<CountryCode>,
}

fn lanes<'a>(visibility: &'a Visibility, filter: &'a ConversationFilter) -> Vec<Lane<'a>> {
    let lane = |country| Lane { visibility, filter, country };
    match &visibility.scope {
        Scope::Owner(..) => vec![lane(filter.country)],
        Scope::Countries(countries) => {
            let wanted = |country: &&CountryCode| filter.country.is_none_or(|only| only == **country);
            countries.iter().filter(wanted).map(|country| lane(Some(*country))).collect()
        }
    }
}

impl<'a> Lane<'a> {
    /// Whether it is the conversations of one user, or one conversation.
    fn is_narrow(&self) -> bool {
        let owned = matches!(self.visibility.scope, Scope::Owner(..));
        owned || self.visibility.only.is_some() || self.filter.user_id.is_some()
    }

    /// What the lane lets through, in no order yet.
    fn query(&self) -> Query<'a> {
        let filter = self.filter;
        let mut query = c::table.into_boxed();
        if let Scope::Owner(id, user_type) = &self.visibility.scope {
            query = query.filter(c::user_id.eq(id.as_str())).filter(c::user_type.eq(user_type.as_str()));
        }
        if let Some(only) = self.visibility.only {
            query = query.filter(c::id.eq(Id(only.0)));
        }
        if let Some(country) = self.country {
            query = query.filter(c::country_code.eq(country.as_str()));
        }
        if let Some(status) = filter.status {
            query = query.filter(c::status.eq(status.as_str()));
        }
        if let Some(channel) = filter.channel {
            query = query.filter(c::user_type.eq(channel.as_str()));
        }
        if let Some(priority) = filter.priority {
            query = query.filter(c::priority.eq(priority.as_str()));
        }
        match &filter.assigned {
            Some(AssignedTo::Admin(id)) => query = query.filter(c::assigned_admin_id.eq(id.as_str())),
            Some(AssignedTo::Nobody) => query = query.filter(c::assigned_admin_id.is_null()),
            None => {}
        }
        if let Some(id) = &filter.user_id {
            query = query.filter(c::user_id.eq(id.as_str()));
        }
        if let Some(from) = filter.created_from {
            query = query.filter(c::created_at.ge(Moment(from)));
        }
        if let Some(to) = filter.created_to {
            query = query.filter(c::created_at.le(Moment(to)));
        }
        if let Some(text) = &filter.subject_contains {
            let folded = search::fold(text);
            query = if self.is_narrow() {
                // Few conversations: each is looked at, and nobody's search reads the subjects of all.
                let pattern = search::like_pattern(&folded);
                let its_subject = s::table.filter(s::conversation_id.eq(c::id));
                query.filter(diesel::dsl::exists(its_subject.filter(s::subject_folded.like(pattern).escape('!'))))
            } else {
                query.filter(c::id.eq_any(subject_contains(&folded).select(s::conversation_id)))
            };
        }
        query
    }
}

/// The conversations behind the page's start, at the place of their last activity.
fn standing(conn: &mut Conn, lane: &Lane<'_>, start: Option<&PageStart>, wanted: usize) -> Found<Vec<Listed>> {
    let mut query = lane.query();
    if let Some(PageStart { after, .. }) = start {
        // In this form the index is entered at the right place; a plain OR would read every row before it.
        let (at, id) = (Moment(after.at), Id(after.id.0));
        query = query.filter(c::last_message_at.le(at).and(c::last_message_at.lt(at).or(c::id.lt(id))));
    }
    let rows: Vec<ConversationRow> = query
        .order((c::last_message_at.desc(), c::id.desc()))
        .limit(i64::try_from(wanted).unwrap_or(i64::MAX))
        .select(ConversationRow::as_select())
        .load(conn)?;
    rows.into_iter()
        .map(|row| {
            let position = Position { at: row.last_message_at.0, id: ConversationId(row.id.0) };
            Ok(Listed { conversation: row.try_into()?, position })
        })
        .collect()
}

/// The conversations that stand before the page's start now and stood behind it at the cut: at the place where they
/// stood, which is the time of their last message before the cut, or of their opening if that was later. Not those that
/// were listed at a later place.
fn moved(conn: &mut Conn, lane: &Lane<'_>, start: &PageStart, wanted: usize) -> Found<Vec<Listed>> {
    let (cut, at, id) = (Moment(start.cut), Moment(start.after.at), Id(start.after.id.0));
    let stood_at = m::table
        .filter(m::conversation_id.eq(c::id))
        .filter(m::created_at.lt(cut))
        .order(m::seq.desc())
        .select(m::created_at)
        .limit(1)
        .single_value();
    let rows: Vec<(Id, Moment, Option<Moment>)> = lane
        .query()
        .filter(c::last_message_at.ge(at).and(c::last_message_at.gt(at).or(c::id.gt(id))))
        .filter(c::last_message_at.ge(cut))
        .filter(c::created_at.le(Moment(start.began)))
        .order((c::last_message_at.asc(), c::id.asc()))
        .limit(MOST_MOVED)
        .select((c::id, c::created_at, stood_at))
        .load(conn)?;
    let mut places: Vec<Position> = rows
        .into_iter()
        .map(|(id, opened_at, at)| Position { at: at.unwrap_or(opened_at).0, id: ConversationId(id.0) })
        .filter(|place| *place < start.after && !start.listed.contains(&place.id))
        .collect();
    places.sort_by_key(|place| Reverse(*place));
    places.truncate(wanted);
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = places.iter().map(|place| Id(place.id.0)).collect();
    let rows: Vec<ConversationRow> =
        c::table.filter(c::id.eq_any(ids)).select(ConversationRow::as_select()).load(conn)?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let conversation = SupportConversation::try_from(row)?;
        if let Some(position) = places.iter().find(|place| place.id == conversation.id) {
            listed.push(Listed { position: *position, conversation });
        }
    }
    Ok(listed)
}

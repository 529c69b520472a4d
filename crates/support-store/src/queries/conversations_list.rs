//! Lists of conversations.
//!
//! A list runs as lanes, one a country (or one for a user's own list): each is served from its index in the order of the
//! list, and the lanes are merged. The number of statements depends on the lanes alone, never on the rows.

use std::cmp::Reverse;

use diesel::prelude::*;
use support_domain::visibility::Scope;
use support_domain::{ConversationId, CountryCode, SupportConversation, TextEnum, Visibility};

use super::rows::ConversationRow;
use super::schema::{support_conversation_search as s, support_conversations as c, support_messages as m};
use super::{Conn, Db, Found, subject_contains};
use crate::page::{
    AssignedTo, ConversationFilter, Counted, ListedConversation, MOST_COUNTED, MOST_MOVED, PageRequest, PageStart,
    Position,
};
use crate::search;
use crate::sql_types::{Id, Moment};

type Query<'a> = c::BoxedQuery<'a, Db>;

/// Most of the page's conversations, newest activity first; one more than `limit` when there are more.
pub(crate) fn list_conversations(
    conn: &mut Conn,
    visibility: &Visibility,
    filter: &ConversationFilter,
    page: PageRequest,
) -> Found<Vec<ListedConversation>> {
    let wanted = page.limit.saturating_add(1);
    let mut found = Vec::new();
    for lane in lanes(visibility, filter) {
        found.extend(standing(conn, &lane, page, wanted)?);
        if let Some(start) = page.after {
            found.extend(moved(conn, &lane, start, wanted)?);
        }
    }
    found.sort_by_key(|listed| Reverse(listed.position));
    found.truncate(wanted);
    Ok(found)
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
            let matching = subject_contains(&search::fold(text)).select(s::conversation_id);
            query = query.filter(c::id.eq_any(matching));
        }
        query
    }
}

/// The conversations behind the page's start, at the place of their last activity.
fn standing(conn: &mut Conn, lane: &Lane<'_>, page: PageRequest, wanted: usize) -> Found<Vec<ListedConversation>> {
    let mut query = lane.query();
    if let Some(PageStart { after, .. }) = page.after {
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
            Ok(ListedConversation { conversation: row.try_into()?, position })
        })
        .collect()
}

/// The conversations that stood behind the page's start when the walk began and have moved above its top since then:
/// at the place where they stood. Their place is the time of their last message up to then.
fn moved(conn: &mut Conn, lane: &Lane<'_>, start: PageStart, wanted: usize) -> Found<Vec<ListedConversation>> {
    let (at, id) = (Moment(start.top.at), Id(start.top.id.0));
    let stood_at = m::table
        .filter(m::conversation_id.eq(c::id))
        .filter(m::created_at.le(at))
        .order(m::seq.desc())
        .select(m::created_at)
        .limit(1)
        .single_value();
    let rows: Vec<(Id, Option<Moment>)> = lane
        .query()
        .filter(c::last_message_at.ge(at).and(c::last_message_at.gt(at).or(c::id.gt(id))))
        .filter(c::created_at.le(at))
        .order((c::last_message_at.asc(), c::id.asc()))
        .limit(MOST_MOVED)
        .select((c::id, stood_at))
        .load(conn)?;
    let mut places: Vec<Position> = rows
        .into_iter()
        .filter_map(|(id, at)| Some(Position { at: at?.0, id: ConversationId(id.0) }))
        .filter(|place| *place < start.after)
        .collect();
    places.sort_by_key(|place| Reverse(*place));
    places.truncate(wanted);
    let ids: Vec<Id> = places.iter().map(|place| Id(place.id.0)).collect();
    let rows: Vec<ConversationRow> =
        c::table.filter(c::id.eq_any(ids)).select(ConversationRow::as_select()).load(conn)?;
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let conversation = SupportConversation::try_from(row)?;
        if let Some(position) = places.iter().find(|place| place.id == conversation.id) {
            listed.push(ListedConversation { position: *position, conversation });
        }
    }
    Ok(listed)
}

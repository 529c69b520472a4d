//! What the service counts: what people do, which limits they meet, what the work behind the requests finds. Never who or
//! where.

use support_attachments::{ScanFailed, Verdict};
use support_domain::{MaskedKind, MaskedKinds, Side, SupportAttachment, UploadState};
use support_metrics::{Counter, Counters, Gauge, Histogram, label_values, table};

use crate::ServiceError;

label_values! {
    /// A limit that somebody met, or a whole node.
    pub enum LimitKind {
        /// Messages and openings of one person in a minute.
        Sends = "sends",
        /// Uploads of one person in a minute.
        Uploads = "uploads",
        /// Uploads of one person at once.
        UploadsAtOnce = "uploads_at_once",
        /// Uploads of the whole node at once.
        UploadsOfNode = "uploads_of_node",
        /// Tickets of one person in a minute.
        Tickets = "tickets",
        /// Frames of one socket in a second.
        Frames = "frames",
        /// Rooms of one socket.
        Rooms = "rooms",
        /// Sockets of one person.
        SocketsOfPerson = "sockets_of_person",
        /// Sockets of the whole node, or it is about to stop.
        SocketsOfNode = "sockets_of_node",
    }
}

label_values! {
    /// How a room was joined.
    pub(crate) enum JoinKind {
        /// To hear what comes.
        Live = "live",
        /// Behind a message that the client has.
        Resumed = "resumed",
    }
}

label_values! {
    /// What became of something that is either done or not.
    pub(crate) enum Outcome {
        /// It is done.
        Done = "done",
        /// It is not.
        Failed = "failed",
    }
}

label_values! {
    /// What became of a file that was uploaded.
    pub(crate) enum UploadFate {
        /// It is kept, and can be sent and read.
        Kept = "kept",
        /// It is kept, and waits for the scanner.
        Waiting = "waiting",
        /// It is too large.
        TooLarge = "too_large",
        /// It is no file that is taken.
        Refused = "refused",
        /// The scanner has found something.
        Infected = "infected",
        /// The storage or the database did not keep it.
        Failed = "failed",
    }
}

label_values! {
    /// What the scanner said.
    pub(crate) enum ScanOutcome {
        /// Nothing was found.
        Clean = "clean",
        /// Something was.
        Infected = "infected",
        /// It said nothing.
        Failed = "failed",
    }
}

label_values! {
    /// How a file goes to who reads it.
    pub(crate) enum DownloadWay {
        /// Through this process.
        Bytes = "bytes",
        /// By a link to the storage.
        Link = "link",
    }
}

table! {
    /// What the service counts.
    pub(crate) static SERVICE: ServiceMetrics {
        /// Messages that were kept, by the side of who wrote them.
        messages: Counters<Side> = "support_service_messages_total" by ["side"] in Count;
        /// Conversations that were opened, by the side of who opened them.
        conversations: Counters<Side> = "support_service_conversations_opened_total" by ["side"] in Count;
        /// Sends and openings that had been kept before, under the same key.
        repeats: Counter = "support_service_repeated_sends_total" in Count;
        /// Texts in which something was masked, by its kind; a text with two kinds counts for both.
        masked: Counters<MaskedKind> = "support_service_masked_total" by ["kind"] in Count;
        /// What was refused because of a limit, by which.
        limits_hit: Counters<LimitKind> = "support_service_limits_hit_total" by ["limit"] in Count;
        /// Rooms that were joined, by how.
        joins: Counters<JoinKind> = "support_service_room_joins_total" by ["kind"] in Count;
        /// Messages that sockets had missed and were given from the database.
        caught_up: Counter = "support_service_caught_up_messages_total" in Count;
        /// Comparisons of all that is followed with the database.
        sweeps: Counters<Outcome> = "support_service_sweeps_total" by ["outcome"] in Count;
        /// How long a comparison of all that is followed with the database takes.
        sweep_duration: Histogram = "support_service_sweep_duration_seconds" in Seconds;
        /// Conversations of which a sweep found something that those who follow had not been told.
        sweep_found: Counter = "support_service_sweep_found_total" in Count;
        /// Audit records that wait for the host, counted up to 10,000.
        audit_waiting: Gauge = "support_service_audit_waiting" in Count;
        /// How long the oldest audit record has waited for the host.
        audit_oldest: Gauge = "support_service_audit_oldest_waiting_seconds" in Seconds;
        /// Audit records that the host has taken.
        audit_delivered: Counter = "support_service_audit_delivered_total" in Count;
        /// Files that were uploaded, by what became of them.
        uploads: Counters<UploadFate> = "support_service_uploads_total" by ["fate"] in Count;
        /// Bytes of the files that are kept.
        upload_bytes: Counter = "support_service_upload_bytes_total" in Bytes;
        /// Files that were shown to the scanner, by what it said.
        scans: Counters<ScanOutcome> = "support_service_scans_total" by ["outcome"] in Count;
        /// How long the scanner took to answer.
        scan_duration: Histogram = "support_service_scan_duration_seconds" in Seconds;
        /// Files that were read, by how they go to the reader.
        downloads: Counters<DownloadWay> = "support_service_downloads_total" by ["way"] in Count;
        /// Files that were on no message, or infected, and were removed.
        files_removed: Counter = "support_service_files_removed_total" in Count;
    }
}

/// Counts that a limit was met. For the limits that are held at the front doors.
pub fn note_limit(kind: LimitKind) {
    SERVICE.limits_hit.of(kind).increment(1);
}

/// Counts what was written: a message, or an opening with its first one.
pub(crate) fn note_written(side: Side, is_new: bool, is_opening: bool, masked: &MaskedKinds) {
    if !is_new {
        return SERVICE.repeats.increment(1);
    }
    SERVICE.messages.of(side).increment(1);
    if is_opening {
        SERVICE.conversations.of(side).increment(1);
    }
    note_masked(masked);
}

/// Counts a file that is kept.
pub(crate) fn note_kept(state: UploadState, file: &SupportAttachment, masked: &MaskedKinds) {
    let fate = if state == UploadState::Ready { UploadFate::Kept } else { UploadFate::Waiting };
    SERVICE.uploads.of(fate).increment(1);
    SERVICE.upload_bytes.increment(u64::try_from(file.file_size).unwrap_or_default());
    note_masked(masked);
}

/// Counts what was masked.
pub(crate) fn note_masked(masked: &MaskedKinds) {
    masked.iter().for_each(|kind| SERVICE.masked.of(*kind).increment(1));
}

impl Outcome {
    pub(crate) fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Done } else { Self::Failed }
    }
}

impl ScanOutcome {
    pub(crate) fn of(verdict: &Result<Verdict, ScanFailed>) -> Self {
        match verdict {
            Ok(Verdict::Clean) => Self::Clean,
            Ok(Verdict::Infected) => Self::Infected,
            Err(_) => Self::Failed,
        }
    }
}

impl UploadFate {
    /// Of an upload that is not kept.
    pub(crate) fn of(error: &ServiceError) -> Self {
        match error {
            ServiceError::FileTooLarge => Self::TooLarge,
            ServiceError::FileRefused(_) => Self::Refused,
            ServiceError::FileInfected => Self::Infected,
            _ => Self::Failed,
        }
    }
}

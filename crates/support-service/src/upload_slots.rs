//! How many uploads may be under way at once: each holds a whole file in memory. By person, so that nobody takes all the
//! room, and for the process, so that the room is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use support_domain::PrincipalKey;

use crate::metrics::{LimitKind, note_limit};
use crate::{RateLimited, ServiceError};

/// Uploads of one person that may be under way at once.
const MOST_OF_ONE: u32 = 2;
/// Uploads that may be under way at once in this process.
const MOST: u32 = 8;

/// Those who upload at the moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct UploadSlots(Arc<Mutex<HashMap<PrincipalKey, u32>>>);

/// Room for one upload, until it is dropped.
#[derive(Debug)]
pub struct UploadSlot {
    slots: UploadSlots,
    person: PrincipalKey,
}

impl UploadSlots {
    /// Room for one more upload of that person.
    pub(crate) fn take(&self, person: &PrincipalKey) -> Result<UploadSlot, ServiceError> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(person).is_some_and(|own| *own >= MOST_OF_ONE) {
            note_limit(LimitKind::UploadsAtOnce);
            return Err(RateLimited { limit: MOST_OF_ONE, retry_after: Duration::from_secs(1) }.into());
        }
        if taken.values().sum::<u32>() >= MOST {
            note_limit(LimitKind::UploadsOfNode);
            return Err(ServiceError::Busy);
        }
        *taken.entry(person.clone()).or_default() += 1;
        Ok(UploadSlot { slots: self.clone(), person: person.clone() })
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.person) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(taken.remove(&self.person)),
        }
    }
}

#[cfg(test)]
mod tests {
    use support_domain::AdminId;

    use super::*;

    fn admin(number: u32) -> PrincipalKey {
        PrincipalKey::Admin(AdminId::parse(&format!("admin-{number}")).unwrap())
    }

    #[test]
    fn one_person_has_two_places_and_the_process_eight() {
        let slots = UploadSlots::default();
        let mut held: Vec<UploadSlot> = (0..2).map(|_| slots.take(&admin(1)).unwrap()).collect();
        assert!(matches!(slots.take(&admin(1)), Err(ServiceError::RateLimited(limited)) if limited.limit == 2));
        held.extend((2..5).flat_map(|number| [number, number]).map(|number| slots.take(&admin(number)).unwrap()));
        assert!(matches!(slots.take(&admin(9)), Err(ServiceError::Busy)));
        held.remove(0);
        assert!(slots.take(&admin(9)).is_ok());
        drop(held);
        assert!(slots.0.lock().unwrap().is_empty(), "nobody is remembered who uploads nothing");
    }
}

//! The key of a message that this program sent: who sent it, as which one, and when it was meant to be sent, so that
//! whoever receives it can tell how long it took. Holds nothing else, and needs no table to be read back.

use uuid::Uuid;

/// Microseconds that fit into a key: almost nine years.
const MICROS: u64 = (1 << 48) - 1;
/// Numbers that fit into a key.
const NUMBERS: u64 = (1 << 42) - 1;

/// What stands in the `clientMessageId` of a message. As text it is a UUID of version 8, which no server takes for a
/// secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// The run that sent it.
    pub run: u32,
    /// Which message of the run, below 2^42.
    pub number: u64,
    /// When it was meant to be sent, in microseconds of the run's clock, below 2^48.
    pub intended_micros: u64,
}

impl MessageKey {
    /// The key as it is sent.
    pub fn to_uuid(self) -> Uuid {
        let (run, number) = (u64::from(self.run), self.number & NUMBERS);
        let high = ((self.intended_micros & MICROS) << 16) | (8 << 12) | (run >> 20);
        let low = (0b10 << 62) | ((run & 0xF_FFFF) << 42) | number;
        Uuid::from_u64_pair(high, low)
    }

    /// Reads a `clientMessageId`. `None` if it is no key; whether it is one of this run is the caller's question.
    pub fn read(text: &str) -> Option<Self> {
        let id = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()?;
        let (high, low) = id.as_u64_pair();
        let is_key = (high >> 12) & 0xF == 8 && low >> 62 == 0b10;
        let run = u32::try_from(((high & 0xFFF) << 20) | ((low >> 42) & 0xF_FFFF)).ok()?;
        is_key.then_some(Self { run, number: low & NUMBERS, intended_micros: high >> 16 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_read_back(run: u32, number in 0..=NUMBERS, intended_micros in 0..=MICROS) {
            let key = MessageKey { run, number, intended_micros };
            prop_assert_eq!(MessageKey::read(&key.to_uuid().to_string()), Some(key));
        }

        #[test]
        fn other_ids_are_no_keys(text in "[ -~]{0,40}") {
            prop_assert_eq!(MessageKey::read(&text), None);
        }
    }

    #[test]
    fn an_id_of_another_version_is_no_key() {
        assert_eq!(MessageKey::read("01a204a5-b2c5-712e-8511-d0005758e603"), None);
        assert_eq!(MessageKey::read("01a204a5-b2c5-812e-c511-d0005758e603"), None);
        assert!(MessageKey::read("01a204a5-b2c5-812e-8511-d0005758e603").is_some());
    }
}

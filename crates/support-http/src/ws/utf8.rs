//! Whether bytes that come in pieces are UTF-8. Keeps no more of them than one unfinished character.

/// A character has at most this many bytes.
const LONGEST: usize = 4;

/// Text that is read piece by piece.
#[derive(Default)]
pub(super) struct Utf8 {
    unfinished: [u8; LONGEST],
    held: usize,
}

impl Utf8 {
    /// Whether the text may still be UTF-8 after these bytes. A character that can no longer become one is noticed at
    /// its first wrong byte.
    pub(super) fn accepts(&mut self, mut bytes: &[u8]) -> bool {
        while self.held > 0 {
            let Some((next, rest)) = bytes.split_first() else { return true };
            let Some(place) = self.unfinished.get_mut(self.held) else { return false };
            *place = *next;
            bytes = rest;
            match std::str::from_utf8(&self.unfinished[..=self.held]) {
                Ok(_) => self.held = 0,
                Err(error) if error.error_len().is_none() => self.held += 1,
                Err(_) => return false,
            }
        }
        let Err(error) = std::str::from_utf8(bytes) else { return true };
        let tail = &bytes[error.valid_up_to()..];
        if error.error_len().is_some() || tail.len() >= LONGEST {
            return false;
        }
        self.unfinished[..tail.len()].copy_from_slice(tail);
        self.held = tail.len();
        true
    }

    /// Whether the text can end here.
    pub(super) fn is_whole(&self) -> bool {
        self.held == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_pieces(bytes: &[u8], size: usize) -> bool {
        let mut text = Utf8::default();
        bytes.chunks(size).all(|piece| text.accepts(piece)) && text.is_whole()
    }

    proptest! {
        #[test]
        fn pieces_are_judged_like_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..40), size in 1usize..9) {
            prop_assert_eq!(in_pieces(&bytes, size), std::str::from_utf8(&bytes).is_ok());
        }

        // Random bytes are hardly ever long UTF-8, so here is some with at most one byte wrong.
        #[test]
        fn text_with_a_wrong_byte_is_judged_like_the_whole(
            text in "\\PC{0,20}", wrong in any::<Option<(prop::sample::Index, u8)>>(), size in 1usize..9
        ) {
            let mut bytes = text.into_bytes();
            if let Some((at, byte)) = wrong && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            prop_assert_eq!(in_pieces(&bytes, size), std::str::from_utf8(&bytes).is_ok());
        }
    }

    #[test]
    fn a_wrong_character_is_noticed_at_its_first_wrong_byte() {
        // A surrogate, a code point above the last one, an overlong slash.
        for wrong in [&[0xED, 0xA0][..], &[0xF4, 0x90], &[0xC0], &[0xE0, 0x80]] {
            let (last, before) = wrong.split_last().unwrap();
            let mut text = Utf8::default();
            assert!(before.iter().all(|byte| text.accepts(&[*byte])), "{wrong:x?}");
            assert!(!text.accepts(&[*last]), "{wrong:x?}");
        }
    }
}

//! Text that comes in pieces which were cut anywhere.

/// Turns pieces of UTF-8 into text: characters that were cut in two come with the second piece.
#[derive(Debug, Default)]
pub struct Utf8Pieces {
    /// The begin of a character whose end has not come yet.
    rest: Vec<u8>,
}

impl Utf8Pieces {
    /// The text that this piece completes. What is no UTF-8 becomes U+FFFD.
    pub fn push(&mut self, piece: &[u8]) -> String {
        self.rest.extend_from_slice(piece);
        let cut = self.rest.utf8_chunks().last().map_or(0, |last| begun(last.invalid()));
        let rest = self.rest.split_off(self.rest.len() - cut);
        let whole = std::mem::replace(&mut self.rest, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }

    /// What is left when nothing more comes.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

/// How many of these last bytes, which are no character, may become one with those that come.
fn begun(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_same_text_wherever_it_is_cut(
            parts in prop::collection::vec(prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..6),
            ], 0..8),
            size in 1_usize..5,
        ) {
            let bytes = parts.concat();
            let mut pieces = Utf8Pieces::default();
            let mut text: String = bytes.chunks(size).map(|piece| pieces.push(piece)).collect();
            text.push_str(&pieces.finish());
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }
}

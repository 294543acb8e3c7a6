//! Decodes UTF-8 that arrives in pieces.

/// Decodes pieces of UTF-8. A character that is split between two pieces is returned with the second.
#[derive(Debug, Default)]
pub struct Utf8Pieces {
    /// The beginning of a character whose end has not arrived yet.
    rest: Vec<u8>,
}

impl Utf8Pieces {
    /// The text up to the last complete character. Invalid UTF-8 becomes U+FFFD.
    pub fn push(&mut self, piece: &[u8]) -> String {
        self.rest.extend_from_slice(piece);
        let cut =
            self.rest.utf8_chunks().last().map_or(0, |last| incomplete_length(last.invalid()));
        let rest = self.rest.split_off(self.rest.len() - cut);
        let whole = std::mem::replace(&mut self.rest, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }

    /// The remaining text after the last piece.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

/// The number of bytes at the end of the text, which are not valid, that further bytes may complete to a
/// character.
fn incomplete_length(bytes: &[u8]) -> usize {
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
        fn the_text_does_not_depend_on_where_it_is_split(
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

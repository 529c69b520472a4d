//! The fenced blocks of a page.

/// What a block is, by the word behind its fence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `sh`: commands.
    Sh,
    /// `http`: the head and the body of what was answered.
    Http,
    /// `json`: what was printed, as JSON.
    Json,
    /// `frames`: what goes over a socket that is opened with `$TICKET`; `frames goes on`: over the one that is open.
    Frames { goes_on: bool },
    /// Anything else is only shown.
    Other,
}

/// A fenced block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Of its fence, from 1.
    pub(super) line: usize,
}

/// All of them, in their order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(word)) => open = Some(Block { kind: kind(word), text: String::new(), line: at + 1 }),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    blocks
}

fn kind(word: &str) -> Kind {
    match word {
        "sh" => Kind::Sh,
        "http" => Kind::Http,
        "json" => Kind::Json,
        "frames" => Kind::Frames { goes_on: false },
        "frames goes on" => Kind::Frames { goes_on: true },
        _ => Kind::Other,
    }
}

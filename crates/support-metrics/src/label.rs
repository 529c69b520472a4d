//! By what the counters of a family are told apart: values that are all known when the program is built.

use support_domain::TextEnum;

/// The values of one label, or of two.
pub trait Labels: Copy + 'static {
    /// For each label all values that it can have.
    fn values() -> Vec<Vec<&'static str>>;

    /// Every combination, in the order of [`index`](Self::index).
    fn all() -> Vec<Vec<&'static str>>;

    /// The combination's place among all.
    fn index(self) -> usize;
}

fn names<L: TextEnum>() -> Vec<&'static str> {
    L::ALL.iter().map(|value| value.as_str()).collect()
}

/// Tables have a dozen rows at most, so that looking is as fast as anything.
fn place<L: TextEnum>(value: L) -> usize {
    L::ALL.iter().position(|other| *other == value).unwrap_or_default()
}

impl<L: TextEnum> Labels for L {
    fn values() -> Vec<Vec<&'static str>> {
        vec![names::<L>()]
    }

    fn all() -> Vec<Vec<&'static str>> {
        names::<L>().into_iter().map(|name| vec![name]).collect()
    }

    fn index(self) -> usize {
        place(self)
    }
}

/// Two labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Both<A, B>(pub A, pub B);

impl<A: TextEnum, B: TextEnum> Labels for Both<A, B> {
    fn values() -> Vec<Vec<&'static str>> {
        vec![names::<A>(), names::<B>()]
    }

    fn all() -> Vec<Vec<&'static str>> {
        let first = names::<A>().into_iter();
        first.flat_map(|first| names::<B>().into_iter().map(move |second| vec![first, second])).collect()
    }

    fn index(self) -> usize {
        place(self.0) * B::ALL.len() + place(self.1)
    }
}

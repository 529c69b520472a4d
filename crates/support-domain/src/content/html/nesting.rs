//! Which elements are open, and which may open next.
//!
//! Closes by hand what an HTML parser would close, move or open again by itself, so that the parser has nothing left to
//! repair: that repair is where a few tags become many and where a second reading differs from the first. Never lets
//! more or deeper elements through than its limits.

use super::tags::Element;

/// Most elements of one text.
pub(super) const MAX_ELEMENTS: usize = 100;
/// Most elements inside each other. The library recurses; this is what bounds its stack.
pub(super) const MAX_DEPTH: usize = 32;

/// The open elements, outermost first.
#[derive(Default)]
pub(super) struct Nesting {
    open: Vec<Element>,
    elements: usize,
    /// How many of each element were refused and are not closed yet.
    refused: [usize; Element::ALL.len()],
}

impl Nesting {
    /// Opens an element: writes the closing tags that must come first, and leaves the opening tag to the caller.
    /// `false` when there are too many or it would be too deep: then it is text, and so is its closing tag.
    pub(super) fn open(&mut self, element: Element, out: &mut String) -> bool {
        if self.elements >= MAX_ELEMENTS {
            self.refused[element as usize] += 1;
            return false;
        }
        if let Some(first) = self.closed_by(element) {
            self.close_from(first, out);
        }
        if element != Element::Br {
            if self.open.len() >= MAX_DEPTH {
                self.refused[element as usize] += 1;
                return false;
            }
            self.open.push(element);
        }
        self.elements += 1;
        true
    }

    /// Closes an element and all that is open in it. A closing tag that closes nothing leaves nothing, as in browsers.
    /// `false` when its opening tag was refused: then it is text.
    pub(super) fn close(&mut self, element: Element, out: &mut String) -> bool {
        // The refused ones stand inside the open ones, so they close first.
        if let Some(fewer) = self.refused[element as usize].checked_sub(1) {
            self.refused[element as usize] = fewer;
            return false;
        }
        if let Some(first) = self.open.iter().rposition(|open| *open == element) {
            self.close_from(first, out);
        }
        true
    }

    /// Closes everything.
    pub(super) fn finish(&mut self, out: &mut String) {
        self.close_from(0, out);
    }

    /// The outermost element that cannot stay open when `element` opens, by its place: a link in a link, a block in a
    /// paragraph, an item in an item of the same list.
    fn closed_by(&self, element: Element) -> Option<usize> {
        let last = |wanted: Element| self.open.iter().rposition(|open| *open == wanted);
        match element {
            Element::A => last(Element::A),
            Element::Li => {
                let boundary = |open: &Element| matches!(open, Element::Ul | Element::Ol | Element::Pre);
                let list = self.open.iter().rposition(boundary);
                let item = last(Element::Li).filter(|item| list.is_none_or(|list| list < *item));
                item.or_else(|| last(Element::P))
            }
            _ if element.is_block() => last(Element::P),
            _ => None,
        }
    }

    fn close_from(&mut self, first: usize, out: &mut String) {
        for element in self.open.drain(first..).rev() {
            out.push_str("</");
            out.push_str(element.name());
            out.push('>');
        }
    }
}

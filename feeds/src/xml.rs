//! XML rows: small element trees, read one by one from a file of any size.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};

use crate::error::Error;
use crate::rules::entities;

/// Deepest nesting of elements: feeds have about 5 levels, HTML without CDATA some more.
const MAX_DEPTH: usize = 128;

/// Maximum size of a row, more than the Worker accepts in one request.
const MAX_ROW_BYTES: usize = 16 << 20;

/// An element. Names are in lower case and without prefix, since feeds differ in both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    content: Vec<Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Element(Element),
    /// Text with its entities decoded once.
    Text(String),
    /// The verbatim text of a CDATA section.
    Data(String),
}

impl Element {
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The first child with this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children().find(|child| child.name == name)
    }

    /// The plain text of the first child with one of these names that has any, entities decoded
    /// once.
    pub fn text(&self, name: &str) -> Option<String> {
        self.children()
            .filter(|child| child.name == name)
            .find_map(Self::plain)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The text if not blank, trimmed. Entities are decoded once, in CDATA too: a title there is
    /// HTML.
    pub fn plain(&self) -> Option<String> {
        let mut plain = String::new();
        self.push_plain(&mut plain);
        let trimmed = plain.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn push_plain(&self, plain: &mut String) {
        for node in &self.content {
            match node {
                Node::Element(element) => element.push_plain(plain),
                Node::Text(text) => plain.push_str(text),
                Node::Data(data) => plain.push_str(&entities::unescape(data)),
            }
        }
    }

    /// The content as HTML, trimmed: CDATA verbatim, text with its entities decoded once, elements
    /// as they are.
    pub fn markup(&self) -> Option<String> {
        let mut html = String::new();
        let has_elements = self.children().next().is_some();
        for node in &self.content {
            match node {
                Node::Element(element) => element.push_html(&mut html),
                // Text between elements was encoded as text.
                Node::Text(text) if has_elements => entities::push_escaped(text, &mut html),
                Node::Text(text) | Node::Data(text) => html.push_str(text),
            }
        }
        let trimmed = html.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn push_html(&self, html: &mut String) {
        html.push('<');
        html.push_str(&self.name);
        for (name, value) in &self.attributes {
            html.push(' ');
            html.push_str(name);
            html.push_str("=\"");
            html.push_str(&value.replace('&', "&amp;").replace('"', "&quot;"));
            html.push('"');
        }
        html.push('>');
        for node in &self.content {
            match node {
                Node::Element(element) => element.push_html(html),
                Node::Text(text) => entities::push_escaped(text, html),
                Node::Data(data) => html.push_str(data),
            }
        }
        if !matches!(self.name.as_str(), "br" | "hr" | "img" | "wbr" | "input") {
            html.push_str("</");
            html.push_str(&self.name);
            html.push('>');
        }
    }
}

/// The parts of a document, in order.
#[derive(Debug)]
pub(crate) enum Part {
    /// The outermost element, without its content.
    Root(Element),
    /// An element with the requested name.
    Row(Element),
    /// Another element, without rows inside.
    Other(Element),
}

/// Reads a document whose rows are elements named `row`, at any depth but not inside each other.
pub(crate) fn read(
    input: impl BufRead,
    row: &str,
    mut then: impl FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut reader = Reader::from_reader(input);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    // Compared here, ignoring case: some feeds close <Title> with </title>.
    config.check_end_names = false;
    config.allow_unmatched_ends = false;

    let mut buffer = Vec::new();
    // The open elements. Those below `row_depth` are wrappers whose content is not kept.
    let mut open: Vec<Element> = Vec::new();
    let mut row_depth: Option<usize> = None;
    let mut has_root = false;
    let mut n_rows = 0;
    let mut row_start: u64 = 0;
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let position = reader.buffer_position();
        if position - row_start > MAX_ROW_BYTES as u64 && (row_depth.is_some() || open.len() > 1) {
            return Err(Error::RowTooLarge {
                index: n_rows,
                limit_bytes: MAX_ROW_BYTES,
            });
        }
        let event = match event {
            Ok(event) => event,
            Err(problem) => return Err(error(problem, reader.error_position())),
        };
        let (opened, closed) = match event {
            Event::DocType(_) => return Err(Error::DocumentType),
            Event::Start(tag) => (Some(element(&tag)), false),
            Event::Empty(tag) => (Some(element(&tag)), true),
            Event::End(tag) => {
                let name = lower_name(tag.local_name().into_inner());
                match open.last() {
                    Some(element) if element.name == name => (None, true),
                    _ => {
                        return Err(Error::Syntax {
                            syntax: "XML",
                            problem: format!(
                                "</{name:.40}> closes <{:.40}> (at byte {position})",
                                open.last()
                                    .map(|element| element.name.as_str())
                                    .unwrap_or_default()
                            ),
                        });
                    }
                }
            }
            Event::Text(text) => {
                if let Some(last) = last_text(&mut open) {
                    last.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::CData(data) => {
                if let Some(element) = open.last_mut() {
                    element
                        .content
                        .push(Node::Data(data.xml10_content().into_owned()));
                }
                continue;
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                if let Some(text) = last_text(&mut open)
                    && !entities::push_entity(&name, text)
                {
                    text.push('&');
                    text.push_str(&name);
                    text.push(';');
                }
                continue;
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
        };
        if let Some(element) = opened {
            if open.is_empty() {
                if has_root {
                    return Err(Error::Syntax {
                        syntax: "XML",
                        problem: format!("a second outermost element <{:.40}>", element.name),
                    });
                }
                has_root = true;
                then(Part::Root(element.clone()))?;
            } else if row_depth.is_none() && element.name == row {
                row_depth = Some(open.len());
                row_start = position;
            } else if open.len() == 1 {
                row_start = position;
            }
            if open.len() >= MAX_DEPTH {
                return Err(Error::TooDeep { limit: MAX_DEPTH });
            }
            open.push(element);
        }
        if closed {
            let Some(element) = open.pop() else { continue };
            if row_depth == Some(open.len()) {
                row_depth = None;
                n_rows += 1;
                // Content between rows is not kept.
                if let Some(wrapper) = open.last_mut() {
                    wrapper.content.clear();
                }
                then(Part::Row(element))?;
            } else if row_depth.is_some() {
                if let Some(parent) = open.last_mut() {
                    parent.content.push(Node::Element(element));
                }
            } else if let Some(wrapper) = open.last_mut() {
                wrapper.content.clear();
                then(Part::Other(element))?;
            }
        }
    }
    if !open.is_empty() || !has_root {
        return Err(Error::CutOff { syntax: "XML" });
    }
    Ok(())
}

fn error(problem: quick_xml::Error, position: u64) -> Error {
    match problem {
        quick_xml::Error::Io(problem) => {
            Error::Read(std::io::Error::new(problem.kind(), problem.to_string()))
        }
        quick_xml::Error::Syntax(
            SyntaxError::UnclosedPI
            | SyntaxError::UnclosedXmlDecl
            | SyntaxError::UnclosedComment
            | SyntaxError::UnclosedCData
            | SyntaxError::UnclosedTag
            | SyntaxError::UnclosedSingleQuotedAttributeValue
            | SyntaxError::UnclosedDoubleQuotedAttributeValue,
        ) => Error::CutOff { syntax: "XML" },
        quick_xml::Error::Syntax(SyntaxError::UnclosedDoctype) => Error::DocumentType,
        problem => Error::Syntax {
            syntax: "XML",
            problem: format!("{problem} (at byte {position})"),
        },
    }
}

fn lower_name(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn element(tag: &BytesStart<'_>) -> Element {
    let mut attributes = tag.attributes();
    attributes.with_checks(false);
    Element {
        name: lower_name(tag.local_name().into_inner()),
        attributes: attributes
            .flatten()
            .map(|attribute| {
                let value: Cow<'_, str> = entities::unescape(&attribute.value);
                (
                    lower_name(attribute.key.local_name().into_inner()),
                    value.into_owned(),
                )
            })
            .collect(),
        content: Vec::new(),
    }
}

/// The text at the end of the innermost open element, created if necessary.
fn last_text(open: &mut [Element]) -> Option<&mut String> {
    let content = &mut open.last_mut()?.content;
    if !matches!(content.last(), Some(Node::Text(_))) {
        content.push(Node::Text(String::new()));
    }
    match content.last_mut() {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

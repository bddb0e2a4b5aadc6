//! Which setting of a file a check is about that has never seen the file.

use crate::project::node::{Content, Node};

/// As many values as may be read for one level of settings: beyond that the line of the level itself has to do.
const MOST_READ: usize = 1_000_000;

/// A setting, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) line: Option<usize>,
    /// The keys that lead to it from where the search began.
    pub(super) path: Vec<String>,
}

/// What happens when a setting is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Without {
    /// The same complaint: it is about another one.
    Same,
    /// Another complaint: this was the setting, or another one cannot be without it.
    Another,
    /// No complaint.
    None,
}

/// The smallest part of `root` without which there would not be this complaint. It is found by leaving parts out, so that no
/// list of places has to keep step with the checks. If several would do, and the complaint names none of them, what they
/// are in has to do.
pub(super) fn blamed(root: &Node, complain: impl Fn(&Node) -> Option<String>) -> Setting {
    let mut setting = Setting { line: root.line, path: Vec::new() };
    let Some(complaint) = complain(root) else { return setting };
    let (mut node, mut steps) = (root, Vec::new());
    while let Some((step, child)) = culprit(root, node, &steps, &complaint, &complain) {
        setting.line = child.line;
        setting.path.extend(child.key.map(str::to_owned));
        node = child.node;
        steps.push(step);
    }
    setting
}

struct Child<'n> {
    key: Option<&'n str>,
    line: Option<usize>,
    node: &'n Node,
}

fn children(node: &Node) -> Vec<Child<'_>> {
    match &node.content {
        Content::Map(entries) => entries
            .iter()
            .map(|entry| Child { key: Some(&entry.key), line: entry.line, node: &entry.value })
            .collect(),
        Content::List(elements) => {
            elements.iter().map(|node| Child { key: None, line: node.line, node }).collect()
        }
        _ => Vec::new(),
    }
}

/// The child to blame of the node at `steps`, and its number.
fn culprit<'n>(
    root: &Node,
    node: &'n Node,
    steps: &[usize],
    complaint: &str,
    complain: impl Fn(&Node) -> Option<String>,
) -> Option<(usize, Child<'n>)> {
    let children = children(node);
    if children.len().saturating_mul(root.value_count()) > MOST_READ {
        return None;
    }
    let judge = |step: usize| {
        let mut rest = root.clone();
        remove(&mut rest, &[steps, &[step]].concat());
        match complain(&rest) {
            None => Without::None,
            Some(other) if is_same(&other, complaint) => Without::Same,
            Some(_) => Without::Another,
        }
    };
    let judged: &[Without] = &(0..children.len()).map(judge).collect::<Vec<_>>();
    let is_named =
        |step: usize| children[step].key.is_some_and(|key| complaint.contains(&format!("`{key}`")));
    let suspects = |verdict| (0..children.len()).filter(move |step| judged[*step] == verdict);
    let found = [Without::None, Without::Another].into_iter().find_map(|verdict| {
        only(suspects(verdict)).or_else(|| only(suspects(verdict).filter(|step| is_named(*step))))
    })?;
    children.into_iter().nth(found).map(|child| (found, child))
}

fn only(mut steps: impl Iterator<Item = usize>) -> Option<usize> {
    steps.next().filter(|_| steps.next().is_none())
}

/// Elements of a list are told by their number, which is another when one before has gone.
fn is_same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    words(one) == words(other)
}

fn remove(node: &mut Node, steps: &[usize]) {
    match (&mut node.content, steps) {
        (Content::Map(entries), [last]) => drop(entries.remove(*last)),
        (Content::List(elements), [last]) => drop(elements.remove(*last)),
        (Content::Map(entries), [step, rest @ ..]) => remove(&mut entries[*step].value, rest),
        (Content::List(elements), [step, rest @ ..]) => remove(&mut elements[*step], rest),
        _ => {}
    }
}

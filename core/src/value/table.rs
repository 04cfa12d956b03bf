//! What an Arrow IPC stream expands to: its buffers may be compressed, and whoever reads it believes the length that each of them claims.

use super::Fault;

/// A table may expand to so many times its stream, when that is counted as [`EXPANSION_BASE`] bytes longer than it is.
pub const MOST_EXPANSION: u64 = 32;
/// What is added to a stream's length before it is multiplied: a short stream may well hold a table of zeros.
pub const EXPANSION_BASE: u64 = 1 << 20;

/// Stands before the length of a message; older streams have the length alone.
const CONTINUATION: u32 = u32::MAX;
/// Kinds of messages that have buffers.
const DICTIONARY: u8 = 2;
const BATCH: u8 = 3;
/// A compressed buffer begins with its length; this one says that it is as it is.
const AS_IT_IS: i64 = -1;

/// Refuses a stream whose compressed buffers claim to expand to more than [`MOST_EXPANSION`] allows, without expanding any.
pub fn check_table(stream: &[u8]) -> Result<(), Fault> {
    let most = MOST_EXPANSION.saturating_mul(EXPANSION_BASE + stream.len() as u64);
    let expanded = expansion(stream).ok_or_else(|| Fault::new("a table that can't be read: it is no Arrow stream"))?;
    if expanded > most {
        return Err(Fault::new(format!("a table whose compressed columns expand to {expanded} bytes; {most} are allowed for its size")));
    }
    Ok(())
}

/// Bytes that the compressed buffers claim to expand to, all together. `None`: it can't be followed, so nobody is to read it.
fn expansion(stream: &[u8]) -> Option<u64> {
    let (mut rest, mut all) = (stream, 0u64);
    while !rest.is_empty() {
        let mut length = word(rest, 0)?;
        rest = rest.get(4..)?;
        if length == CONTINUATION {
            length = word(rest, 0)?;
            rest = rest.get(4..)?;
        }
        if length == 0 {
            break;
        }
        let (metadata, behind) = rest.split_at_checked(length as usize)?;
        let message = Table::root(metadata)?;
        let body = message.long(3)?;
        let (body, behind) = behind.split_at_checked(usize::try_from(body).ok()?)?;
        let batch = match message.byte(1)? {
            BATCH => Some(message.table(2)??),
            DICTIONARY => Some(message.table(2)??.table(1)??),
            _ => None,
        };
        if let Some(batch) = batch {
            all = all.saturating_add(claimed(&batch, body)?);
        }
        rest = behind;
    }
    Some(all)
}

/// What the buffers of one batch claim; nothing unless it is compressed.
fn claimed(batch: &Table<'_>, body: &[u8]) -> Option<u64> {
    if batch.table(3)?.is_none() {
        return Some(0);
    }
    let Some(at) = batch.field(2)? else { return Some(0) };
    let at = batch.behind(at)?;
    let count = word(batch.bytes, at)? as usize;
    let buffers = batch.bytes.get(at + 4..)?;
    let mut all = 0u64;
    for buffer in buffers.get(..count.checked_mul(16)?)?.chunks_exact(16) {
        let (start, length) = (long(buffer, 0)?, long(buffer, 8)?);
        if length == 0 {
            continue;
        }
        let start = usize::try_from(start).ok()?;
        let content = body.get(start..start.checked_add(usize::try_from(length).ok()?)?)?;
        match long(content, 0)? {
            AS_IT_IS => {}
            claim => all = all.saturating_add(u64::try_from(claim).ok()?),
        }
    }
    Some(all)
}

/// A table of the metadata's format: a place, and fields that it has or has not.
struct Table<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Table<'b> {
    fn root(bytes: &'b [u8]) -> Option<Table<'b>> {
        Some(Table { bytes, at: word(bytes, 0)? as usize })
    }

    /// Where a field is; the inner `None` says that it has its default.
    fn field(&self, number: usize) -> Option<Option<usize>> {
        let back = i64::from(word(self.bytes, self.at)?.cast_signed());
        let fields = usize::try_from(i64::try_from(self.at).ok()? - back).ok()?;
        let entry = 4 + 2 * number;
        if entry >= usize::from(half(self.bytes, fields)?) {
            return Some(None);
        }
        let place = usize::from(half(self.bytes, fields + entry)?);
        Some((place != 0).then_some(self.at + place))
    }

    fn byte(&self, number: usize) -> Option<u8> {
        self.field(number)?.map_or(Some(0), |at| self.bytes.get(at).copied())
    }

    fn long(&self, number: usize) -> Option<i64> {
        self.field(number)?.map_or(Some(0), |at| long(self.bytes, at))
    }

    fn table(&self, number: usize) -> Option<Option<Table<'b>>> {
        let Some(at) = self.field(number)? else { return Some(None) };
        Some(Some(Table { bytes: self.bytes, at: self.behind(at)? }))
    }

    /// What the offset at a place leads to.
    fn behind(&self, at: usize) -> Option<usize> {
        at.checked_add(word(self.bytes, at)? as usize)
    }
}

fn fixed<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    fixed(bytes, at).map(u16::from_le_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    fixed(bytes, at).map(u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<i64> {
    fixed(bytes, at).map(i64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn row(name: &str) -> Vec<u8> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/hostile/inputs.json");
        let inputs: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let rows = inputs["values"].as_array().unwrap();
        let text = rows.iter().find(|row| row["name"] == name).unwrap()["bytes"].as_str().unwrap();
        let piece = |text: &str| {
            let (hex, times) = text.split_once('*').map_or((text, 1), |(hex, times)| (hex, times.parse().unwrap()));
            let once: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
            once.repeat(times)
        };
        let payload: Vec<u8> = text.split(' ').flat_map(piece).collect();
        // Behind the tag, and the head of a string between 256 bytes and 4 GiB.
        payload[if payload[5] == 0x59 { 8 } else { 10 }..].to_vec()
    }

    #[test]
    fn bombs_are_seen() {
        for name in ["table of 256 MiB in zstd", "table of 64 MiB in lz4", "table of a dictionary of 256 MiB in zstd"] {
            let fault = check_table(&row(name)).expect_err(name);
            assert!(fault.what().contains("expand to"), "{name}: {fault}");
        }
        assert_eq!(expansion(&row("table of 64 MiB in lz4")), Some(64 << 20));
        assert_eq!(check_table(&[]), Ok(()));
        assert!(check_table(&[0xff; 100]).is_err());
    }

    #[test]
    fn no_cut_and_no_changed_byte_makes_it_panic() {
        let stream = row("table of 256 MiB in zstd");
        for at in 0..stream.len().min(1500) {
            let _ = check_table(&stream[..at]);
            for to in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = stream.clone();
                changed[at] = to;
                let _ = check_table(&changed);
            }
        }
    }
}

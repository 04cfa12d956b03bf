//! Writes `FileDescriptorProto`, which reflection hands to clients.

use super::proto::Message;

/// Labels of `FieldDescriptorProto`.
pub(super) const OPTIONAL: u64 = 1;
pub(super) const REPEATED: u64 = 3;
/// Types of `FieldDescriptorProto`.
pub(super) const INT32: u64 = 5;
pub(super) const STRING: u64 = 9;
pub(super) const MESSAGE: u64 = 11;
pub(super) const BYTES: u64 = 12;
pub(super) const ENUM: u64 = 14;

/// One field of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSpec<'a> {
    pub(super) name: &'a str,
    pub(super) number: u32,
    pub(super) label: u64,
    pub(super) kind: u64,
    /// Of messages and enums: `.package.Name`.
    pub(super) type_name: &'a str,
    /// The JSON name where it isn't the usual one.
    pub(super) json: Option<&'a str>,
    /// The `oneof` that it belongs to.
    pub(super) oneof: Option<u32>,
    pub(super) proto3_optional: bool,
}

impl<'a> FieldSpec<'a> {
    pub(super) fn new(name: &'a str, number: u32, kind: u64) -> FieldSpec<'a> {
        FieldSpec { name, number, label: OPTIONAL, kind, ..FieldSpec::default() }
    }

    pub(super) fn of(name: &'a str, number: u32, kind: u64, type_name: &'a str) -> FieldSpec<'a> {
        FieldSpec { type_name, ..FieldSpec::new(name, number, kind) }
    }

    pub(super) fn repeated(self) -> FieldSpec<'a> {
        FieldSpec { label: REPEATED, ..self }
    }

    pub(super) fn in_oneof(self, oneof: u32) -> FieldSpec<'a> {
        FieldSpec { oneof: Some(oneof), ..self }
    }

    /// As a field of a `DescriptorProto`.
    pub(super) fn write(&self, message: &mut Message) {
        message.nested(2, |field| {
            field.text(1, self.name);
            field.uint(3, self.number.into());
            field.uint(4, self.label);
            field.uint(5, self.kind);
            if !self.type_name.is_empty() {
                field.text(6, self.type_name);
            }
            if let Some(oneof) = self.oneof {
                field.uint(9, oneof.into());
            }
            let usual;
            field.text(
                10,
                match self.json {
                    Some(json) => json,
                    None => {
                        usual = lower_camel(self.name);
                        &usual
                    }
                },
            );
            if self.proto3_optional {
                field.boolean(17, true);
            }
        });
    }
}

/// A file in the making. Parts may come in any order.
pub(super) struct File(Message);

impl File {
    pub(super) fn new(name: &str, package: &str, dependencies: &[&str]) -> File {
        let mut file = Message::new();
        file.text(1, name);
        file.text(2, package);
        dependencies.iter().for_each(|dependency| file.text(3, dependency));
        file.text(12, "proto3");
        File(file)
    }

    /// A message: its fields, then its `oneof`s, then whatever else `more` writes into its `DescriptorProto`.
    pub(super) fn message(&mut self, name: &str, fields: &[FieldSpec<'_>], oneofs: &[&str], more: impl FnOnce(&mut Message)) {
        self.0.nested(4, |message| {
            message.text(1, name);
            fields.iter().for_each(|field| field.write(message));
            more(message);
            oneofs.iter().for_each(|oneof| message.nested(8, |decl| decl.text(1, oneof)));
        });
    }

    pub(super) fn enumeration(&mut self, name: &str, values: &[&str]) {
        self.0.nested(5, |message| enumeration(message, name, values));
    }

    /// A service and its methods: name, request, response, whether each side is a stream.
    pub(super) fn service<'m>(&mut self, name: &str, methods: impl IntoIterator<Item = (&'m str, &'m str, &'m str, bool, bool)>) {
        self.0.nested(6, |service| {
            service.text(1, name);
            for (name, request, response, client, server) in methods {
                service.nested(2, |method| {
                    method.text(1, name);
                    method.text(2, request);
                    method.text(3, response);
                    if client {
                        method.boolean(5, true);
                    }
                    if server {
                        method.boolean(6, true);
                    }
                });
            }
        });
    }

    pub(super) fn options(&mut self, write: impl FnOnce(&mut Message)) {
        self.0.nested(8, write);
    }

    /// Comments: each a path into the file, as `SourceCodeInfo` counts it, and a text.
    pub(super) fn comments(&mut self, comments: &[(Vec<u32>, &str)]) {
        if comments.is_empty() {
            return;
        }
        self.0.nested(9, |info| {
            for (path, text) in comments {
                info.nested(1, |location| {
                    let packed = |numbers: &[u32]| {
                        let mut packed = Message::new();
                        numbers.iter().for_each(|n| packed.varint(u64::from(*n)));
                        packed.0
                    };
                    location.bytes(1, &packed(path));
                    location.bytes(2, &packed(&[0, 0, 0]));
                    location.text(3, &format!(" {}\n", text.trim().replace('\n', "\n ")));
                });
            }
        });
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.0
    }
}

/// An `EnumDescriptorProto`; values are numbered from 0.
pub(super) fn enumeration(message: &mut Message, name: &str, values: &[&str]) {
    message.text(1, name);
    for (number, value) in values.iter().enumerate() {
        message.nested(2, |entry| {
            entry.text(1, value);
            entry.uint(2, number as u64);
        });
    }
}

/// The entry of a map field: a `DescriptorProto` nested in the message.
pub(super) fn map_entry(message: &mut Message, name: &str, key: u64, value: FieldSpec<'_>) {
    message.nested(3, |entry| {
        entry.text(1, name);
        FieldSpec::new("key", 1, key).write(entry);
        value.write(entry);
        entry.nested(7, |options| options.boolean(7, true));
    });
}

/// What protobuf makes of a field's name in JSON.
fn lower_camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.push(c.to_ascii_uppercase());
        } else {
            camel.push(c);
        }
    }
    camel
}

-- The list files that rule sets were read with, each once, however many rule sets have it: a list of ten million numbers
-- is not written again when a rule beside it changes. Not compressed, since that takes longer than all the rest of a
-- reload.
create table list_files (
    digest  bytea not null,
    content bytea not null,
    constraint list_files_pkey primary key (digest)
);
alter table list_files alter column content set storage external;

-- Which list files a rule set has, in the order in which its rule file names them.
create table rule_set_lists (
    rule_set bytea   not null,
    position integer not null,
    file     text    not null,
    digest   bytea   not null,
    constraint rule_set_lists_pkey primary key (rule_set, position),
    constraint rule_set_lists_rule_set foreign key (rule_set) references rule_sets (hash),
    constraint rule_set_lists_content foreign key (digest) references list_files (digest)
);

insert into list_files (digest, content)
select distinct sha256(convert_to(list ->> 'text', 'UTF8')), convert_to(list ->> 'text', 'UTF8')
from rule_sets, json_array_elements(lists::json) list;
insert into rule_set_lists (rule_set, position, file, digest)
select hash, position - 1, list ->> 'file', sha256(convert_to(list ->> 'text', 'UTF8'))
from rule_sets, json_array_elements(lists::json) with ordinality as listed (list, position);
alter table rule_sets drop column lists;

-- The list files that rule sets were read with, each once, however many rule sets have it, and in pieces that are kept
-- once too: of a list of ten million numbers in which one line changes, about a megabyte is written again. Not
-- compressed, since that takes longer than all the rest of a reload.
create table list_chunks (
    digest  bytea not null,
    content bytea not null,
    constraint list_chunks_pkey primary key (digest)
);
alter table list_chunks alter column content set storage external;
create table list_files (
    digest bytea  not null,
    bytes  bigint not null,
    constraint list_files_pkey primary key (digest)
);
create table list_file_chunks (
    file     bytea   not null,
    position integer not null,
    chunk    bytea   not null,
    constraint list_file_chunks_pkey primary key (file, position),
    constraint list_file_chunks_file foreign key (file) references list_files (digest),
    constraint list_file_chunks_chunk foreign key (chunk) references list_chunks (digest)
);

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

-- What is there becomes files of one piece.
insert into list_chunks (digest, content)
select distinct sha256(convert_to(list ->> 'text', 'UTF8')), convert_to(list ->> 'text', 'UTF8')
from rule_sets, json_array_elements(lists::json) list;
insert into list_files (digest, bytes) select digest, length(content) from list_chunks;
insert into list_file_chunks (file, position, chunk) select digest, 0, digest from list_chunks;
insert into rule_set_lists (rule_set, position, file, digest)
select hash, position - 1, list ->> 'file', sha256(convert_to(list ->> 'text', 'UTF8'))
from rule_sets, json_array_elements(lists::json) with ordinality as listed (list, position);
alter table rule_sets drop column lists;

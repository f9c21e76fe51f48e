-- What a message that was kept is about: so the story of one thing finds its own among those of all.
alter table dead_letters add column subject varchar(100);
update dead_letters set subject = substr(replace(json_extract(message, '$.subject'), '"', ''), 1, 100);
create index dead_letters_subject on dead_letters (subject);

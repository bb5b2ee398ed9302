-- +goose Up

-- Text as it is compared: "Álvaro" and "alvaro", "Straße" and "strasse", "Бьёрн" and
-- "бьерн" are the same. The program does it alike: entity.Fold, entity.Words. Patterns are
-- made there, columns here; TestFolding holds them against each other.

-- fold: small letters, without the marks above and below them that one may leave out.
-- +goose StatementBegin
create function ext.fold(t text) returns text language sql immutable parallel safe
return case when octet_length(t) = char_length(t) then lower(t collate ext.name_order)
	else normalize(replace(replace(replace(replace(translate(
		regexp_replace(lower(normalize(t, NFKD) collate ext.name_order),
			'[\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g'),
		'łøđðıħŧŋĸς', 'loddihtnkσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), NFC) end;
-- +goose StatementEnd

-- words: the words of a text as they are searched, a blank between them. Signs part words,
-- apostrophes do not; where scripts write no blanks each letter is a word, so that it is
-- found wherever it stands.
-- +goose StatementBegin
create function ext.words(t text) returns text language sql immutable parallel safe
return btrim(regexp_replace(case when octet_length(t) = char_length(t)
	then translate(lower(t collate ext.name_order), E'!"#$%&()*+,-./:;<=>?@[\\]^_{|}~\t\n\r''`', repeat(' ', 33))
	else regexp_replace(
		translate(ext.fold(t), E'!"#$%&()*+,-./:;<=>?@[\\]^_{|}~\t\n\r«»“”„‚‹›–—‐‑·•、。・「」『』【】《》〈〉¡¿''`’ʼ‘', repeat(' ', 62)),
		'([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g')
	end, '\s+', ' ', 'g'));
-- +goose StatementEnd

-- search_text: the words of a record's texts, a blank before each, the first text's in
-- front; once more as they are written without umlauts.
-- +goose StatementBegin
create function ext.search_text(t text) returns text language sql immutable parallel safe
return ' ' || ext.words(t) || case when octet_length(t) > char_length(t) and lower(normalize(t, NFC) collate ext.name_order) ~ '[äöüøå]'
	then ' ' || ext.words(replace(replace(replace(replace(replace(lower(normalize(t, NFC) collate ext.name_order), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'), 'å', 'aa'))
	else '' end;
-- +goose StatementEnd

-- phone_digits: those of a number, without its extension.
create function ext.phone_digits(t text) returns text language sql immutable parallel safe
return regexp_replace(split_part(t, ';', 1), '[^0-9]', '', 'g');

-- point_values, point_digits: of all of somebody's addresses or numbers.
-- +goose StatementBegin
create function ext.point_values(points jsonb) returns text language sql immutable parallel safe
return case when points = '[]' then '' else (select coalesce(string_agg(p->>'value', ' '), '') from jsonb_array_elements(points) p) end;
create function ext.point_digits(points jsonb) returns text language sql immutable parallel safe
return case when points = '[]' then '' else (select coalesce(string_agg(ext.phone_digits(p->>'value'), ' '), '') from jsonb_array_elements(points) p) end;
-- +goose StatementEnd

-- They know no data but what they are given.
grant execute on function ext.fold(text), ext.words(text), ext.search_text(text), ext.phone_digits(text), ext.point_values(jsonb), ext.point_digits(jsonb) to public;

-- What was a tag's name when it was deleted is kept, so that it can be brought back and
-- timelines go on naming it.
-- +goose StatementBegin
create or replace function ext.write_change(schema name, op text, entity text, o jsonb, n jsonb) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
	r      jsonb := coalesce(n, o);
	id     uuid := coalesce(r->>'id', r->>'subject_id');
	hidden text[] := array['id', 'version', 'created_at', 'updated_at', 'active_at', 'search', 'due_order', 'amount_order', 'email_domain', 'html', 'html_mark'];
	before jsonb;
	after  jsonb;
begin
	if entity = 'contact' then
		hidden := hidden || array['name', 'email', 'phone']; -- generated
	elsif entity = 'lead' then
		hidden := hidden || array['name'];
	end if;
	case op
	when 'UPDATE' then
		select jsonb_object_agg(k, o->k), jsonb_object_agg(k, n->k) into before, after
		from jsonb_object_keys(n) k where o->k is distinct from n->k and k <> all (hidden);
		if after is null then
			return;
		end if;
	when 'INSERT' then
		if entity = 'tagging' then after := n; end if;
	when 'DELETE' then
		if entity in ('tagging', 'tag') then
			before := o;
		else -- gone for good: its history goes too, this line stays
			execute format('delete from %I.changes where subject_id = $1 or entity_id = $1', schema) using id;
		end if;
	end case;
	execute format('insert into %I.changes (change_set, member_id, entity, entity_id, subject_type, subject_id, op, before, after)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', schema)
	using coalesce(nullif(current_setting('paddock.change_set', true), '')::uuid, gen_random_uuid()),
		nullif(current_setting('paddock.member_id', true), '')::uuid,
		entity, id, coalesce(nullif(r->>'subject_type', ''), entity), coalesce((r->>'subject_id')::uuid, id), lower(op), before, after;
end $$;
-- +goose StatementEnd

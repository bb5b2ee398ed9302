-- name: UserInsert :exec
insert into users (id, email, name, password_hash, email_verified_at) values (@id, @email, @name, @password_hash, sqlc.narg(email_verified_at));

-- name: UserByEmail :one
select id, email, name, password_hash, email_verified_at, avatar from users where email = @email;

-- name: UserByID :one
select id, email, name, password_hash, email_verified_at, avatar from users where id = @id;

-- name: UserZone :one
-- The person's own time zone, "" for none.
select time_zone from users where id = @id;

-- name: UserAccess :one
-- How somebody proves who they are.
select (password_hash <> '')::bool as has_password, password_short, totp_secret, operator, (select count(*) from passkeys p where p.user_id = u.id) as passkeys,
       (select count(*) from recovery_codes r where r.user_id = u.id) as recovery_codes
from users u where u.id = @id;

-- name: UserProfile :exec
update users set name = @name, time_zone = @time_zone, date_style = @date_style, number_style = @number_style, theme = @theme, keys = @keys, keymap = @keymap where id = @id;

-- name: UserSetPassword :exec
update users set password_hash = @password_hash, password_short = @password_short where id = @id;

-- name: UserVerify :execrows
-- Marks the address as proven, provided that it is still the one that was asked.
update users set email_verified_at = coalesce(email_verified_at, now()) where id = @id and email = @email;

-- name: UserSetEmail :exec
update users set email = @email, email_verified_at = now() where id = @id;

-- name: UserLock :one
-- Locks the user until the end of the transaction.
select id, email, name, password_hash, email_verified_at, avatar from users where id = @id for update;

-- name: UserSetTOTP :exec
update users set totp_secret = @totp_secret, totp_step = @totp_step where id = @id;

-- name: UserUseTOTP :execrows
-- A code counts once: only a later one than the last is taken.
update users set totp_step = @step where id = @id and totp_step < @step and totp_secret <> '';

-- name: UserSetAvatar :exec
update users set avatar = @avatar where id = @id;

-- name: AvatarPut :exec
insert into avatars (user_id, image) values (@user_id, @image) on conflict (user_id) do update set image = excluded.image;

-- name: AvatarDelete :exec
delete from avatars where user_id = @user_id;

-- name: AvatarGet :one
-- The image of this name, of oneself or of somebody in the same workspace.
select a.image from users u join avatars a on a.user_id = u.id
where u.avatar = @name::text and (u.id = @user_id or exists (select from memberships m where m.user_id = u.id and m.tenant_id = @tenant_id))
limit 1;

-- name: RecoveryCodeInsert :exec
insert into recovery_codes (user_id, hash) select @user_id, unnest(@hashes::bytea[]);

-- name: RecoveryCodeDeleteAll :exec
delete from recovery_codes where user_id = @user_id;

-- name: RecoveryCodeUse :execrows
delete from recovery_codes where user_id = @user_id and hash = @hash;

-- name: UserForgetFactors :exec
-- What somebody else may have set up before the address was proven.
with p as (delete from passkeys where passkeys.user_id = @user_id), r as (delete from recovery_codes where recovery_codes.user_id = @user_id),
     i as (delete from identities where identities.user_id = @user_id)
update users u set totp_secret = '', password_hash = '', password_short = false where u.id = @user_id;

-- name: UserSetOperator :execrows
update users set operator = @operator where email = @email;

-- name: UserOperators :many
select email, name, (totp_secret <> '' or exists (select from passkeys p where p.user_id = users.id))::bool as has_factor from users where operator order by email;

-- name: UserList :many
-- People by address, for operators.
select u.id, u.email, u.name, u.operator, u.created_at, u.email_verified_at,
       (u.totp_secret <> '' or exists (select from passkeys p where p.user_id = u.id))::bool as has_factor,
       (select count(*) from sessions s where s.user_id = u.id and s.expires_at > now() and not s.pending) as sessions,
       coalesce((select max(s.last_seen_at) from sessions s where s.user_id = u.id), 'epoch')::timestamptz as last_seen_at,
       array(select t.slug || ' ' || m.role from memberships m join tenants t on t.id = m.tenant_id where m.user_id = u.id and t.slug is not null order by t.slug limit 20)::text[] as memberships
from users u
where u.email > @after and (@pattern::text = '' or (u.email || ' ' || ext.fold(u.name)) like @pattern)
order by u.email
limit @n;

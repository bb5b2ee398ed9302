-- name: PasskeyInsert :exec
insert into passkeys (id, user_id, credential_id, credential, name) values (@id, @user_id, @credential_id, @credential, @name);

-- name: PasskeyList :many
select id, credential, name, created_at, last_used_at from passkeys where user_id = @user_id order by created_at, id limit 50;

-- name: PasskeyUsed :exec
update passkeys set credential = @credential, last_used_at = now() where credential_id = @credential_id;

-- name: PasskeyDelete :one
delete from passkeys where id = @id and user_id = @user_id returning name;

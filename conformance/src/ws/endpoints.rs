//! Every recorded endpoint, by profile: its classes, its permissions, and what is special about it.

use std::sync::Arc;
use std::time::Duration;

use portcullis::channels::{
    CloseStyle, ConnectionLimits, Consumer, OriginPolicy, Rate, Socket, SocketDoors,
    SocketSettings, Wire,
};
use portcullis::{
    AllowAny, Authenticator, Doors, IsAdminUser, IsAuthenticated, Permission, PermissionExt,
};

use crate::access::{self, IsBeta, IsRoomMember, NotArchived};
use crate::app::App;
use crate::current::Current;
use crate::legacy::Legacy;
use crate::state::{Room, RoomId, Slug};

/// Which recorded server is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    Seed,
    Camel,
    Newest,
    Contract,
}

type Classes<'a> = &'a [&'a Arc<dyn Authenticator>];

/// One profile below one prefix.
struct Endpoints<'a> {
    app: &'a App,
    doors: Doors,
    prefix: String,
    settings: SocketSettings,
}

pub(crate) fn doors(app: &App) -> Doors {
    let mut doors = app.gate.doors();
    let profiles = [
        ("/ws/", Profile::Seed),
        ("/camel/ws/", Profile::Camel),
        ("/v2/ws/", Profile::Newest),
        ("/contract/ws/", Profile::Contract),
    ];
    for (prefix, profile) in profiles {
        for below in ["", "guarded/", "trusted/"] {
            let mut settings = settings(profile);
            if !below.is_empty() {
                settings.origin = OriginPolicy::Strict;
            }
            match below {
                "guarded/" => {
                    let hosts = ["127.0.0.1", "localhost", "app.test"];
                    settings.allowed_hosts = hosts.map(str::to_owned).to_vec();
                }
                "trusted/" => {
                    let origins = ["https://app.test", "https://.partner.test:8443"];
                    settings.trusted_origins = origins.map(str::to_owned).to_vec();
                }
                _ => {}
            }
            let endpoints = Endpoints {
                app,
                doors,
                prefix: format!("{prefix}{below}"),
                settings,
            };
            doors = match profile {
                Profile::Seed | Profile::Camel => endpoints.legacy(),
                Profile::Newest => endpoints.newest(),
                Profile::Contract => endpoints.contract(),
            };
        }
    }
    doors
}

fn settings(profile: Profile) -> SocketSettings {
    let is_legacy = matches!(profile, Profile::Seed | Profile::Camel);
    let often = Rate {
        count: 10_000,
        per: Duration::from_secs(60),
    };
    SocketSettings {
        close_style: match is_legacy {
            true => CloseStyle::Legacy,
            false => CloseStyle::Status,
        },
        wire: match profile {
            Profile::Newest => Wire::Current,
            _ => Wire::Legacy,
        },
        camelize: profile == Profile::Camel,
        sub_protocol: false,
        first_message: false,
        renewal: profile == Profile::Contract,
        max_message_bytes: 65536,
        // The cases connect often, all from one place, and are often refused.
        connection_rate: often,
        refusal_rate: often,
        sockets_per_address: often.count,
        waiting_per_address: often.count,
        revalidate_interval: Duration::from_millis(100),
        ..SocketSettings::default()
    }
}

impl Endpoints<'_> {
    /// An endpoint with the profile's settings.
    fn socket<C: Consumer>(&self, consumer: C) -> Socket<C> {
        let socket = self.app.channels.socket(consumer);
        socket.settings(self.settings.clone())
    }

    /// An endpoint with some settings changed.
    fn with<C: Consumer>(&self, consumer: C, change: impl Fn(&mut SocketSettings)) -> Socket<C> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.app.channels.socket(consumer).settings(settings)
    }

    fn door<C: Consumer>(
        mut self,
        path: &str,
        classes: Classes<'_>,
        permission: impl Permission + 'static,
        socket: Socket<C>,
    ) -> Self {
        let classes = classes.iter().map(|class| Arc::clone(class)).collect();
        let path = format!("{}{path}", self.prefix);
        let doors = self.doors.socket(&path, socket);
        self.doors = doors.authenticated_by(classes).require(permission);
        self
    }

    /// `rooms/{pk}/`: the permission of members.
    fn members(&self) -> impl Permission + use<> {
        let member = IsRoomMember(self.app.rooms.clone());
        IsAuthenticated.and(member).and(NotArchived)
    }

    fn room<C: Consumer<Object = Room>>(&self, socket: Socket<C>) -> Socket<C> {
        let rooms = self.app.rooms.clone();
        socket.object("pk", move |RoomId(id)| {
            let room = rooms.by_id(id);
            async move { Ok(room) }
        })
    }

    fn room_by_slug<C: Consumer<Object = Room>>(&self, socket: Socket<C>) -> Socket<C> {
        let rooms = self.app.rooms.clone();
        socket.object("slug", move |Slug(slug)| {
            let room = rooms.by_slug(&slug);
            async move { Ok(room) }
        })
    }

    fn legacy(self) -> Doors {
        let App {
            session,
            token,
            basic,
            jwt,
            api_key,
            ..
        } = self.app;
        let plain = Legacy::<()>::default;
        let a = self.socket(plain());
        let this = self.door("open/", &[], AllowAny, a);
        let a = this.socket(plain());
        let mut this = this.door("defaults/", &[session, basic], AllowAny, a);
        let single: [(&str, Classes<'_>); 8] = [
            ("session/", &[session]),
            ("token/", &[token]),
            ("basic/", &[basic]),
            ("jwt/", &[jwt]),
            ("apikey/", &[api_key]),
            ("secure/", &[token, session]),
            ("session-first/", &[session, token]),
            ("post-token/", &[token]),
        ];
        for (path, classes) in single {
            let socket = this.with(plain(), |settings| settings.is_post = path == "post-token/");
            this = this.door(path, classes, IsAuthenticated, socket);
        }
        let a = this.socket(plain());
        let this = this.door("optional/", &[token], AllowAny, a);
        let a = this.socket(plain());
        let this = this.door("staff/", &[token], IsAdminUser, a);
        let a = this.socket(plain());
        let this = this.door("beta/", &[token], IsAuthenticated.and(IsBeta), a);
        let a = this.socket(plain());
        let composed = IsAuthenticated.and(IsAdminUser.or(IsBeta));
        let this = this.door("composed/", &[token], composed, a);
        let a = this.socket(plain());
        let not_staff = IsAuthenticated.and(IsAdminUser.not());
        let this = this.door("not-staff/", &[token], not_staff, a);
        let a = this.socket(plain()).concluding(access::raise);
        let this = this.door("raises/", &[token], AllowAny, a);
        let a = this.socket(plain()).concluding(access::beta);
        let this = this.door("authenticator/", &[token], IsAuthenticated, a);
        let a = this.socket(plain()).concluding(access::empty);
        let this = this.door("authenticator-empty/", &[token], IsAuthenticated, a);
        let a = this.socket(plain()).concluding(access::crash);
        let this = this.door("authenticator-crash/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| {
            settings.send_authentication_message = false
        });
        let this = this.door("silent/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.send_completion = true);
        let this = this.door("completion/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.is_post = true);
        let this = this.door("post/", &[session], IsAuthenticated, a);
        let greeting = Legacy {
            greets: true,
            ..plain()
        };
        let a = this.socket(greeting);
        let this = this.door("welcome/", &[token], IsAuthenticated, a);
        let a = this.room(this.socket(Legacy::default()));
        let members = this.members();
        let this = this.door("rooms/{pk}/", &[token, session], members, a);
        let a = this.with(Legacy::default(), |settings| {
            settings.send_completion = true
        });
        let (a, members) = (this.room(a), this.members());
        let this = this.door("rooms-completion/{pk}/", &[token, session], members, a);
        let a = this.room_by_slug(this.socket(Legacy::default()));
        let member = IsAuthenticated.and(IsRoomMember(this.app.rooms.clone()));
        let this = this.door("rooms-by-slug/{slug}/", &[token], member, a);
        let a = this.socket(plain()).concluding(access::crash);
        let this = this.door("rooms-no-queryset/{pk}/", &[token], IsAuthenticated, a);
        let open = Legacy {
            groups: &["open"],
            ..plain()
        };
        let a = this.socket(open);
        let this = this.door("open-room/", &[], AllowAny, a);
        let two = Legacy {
            groups: &["everyone"],
            joins_own: true,
            ..plain()
        };
        let a = this.socket(two);
        let this = this.door("two-groups/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.query_token = true);
        let this = this.door("query/", &[token, session], IsAuthenticated, a);
        let a = this.with(plain(), |settings| {
            settings.first_message = true;
            settings.first_message_timeout = Duration::from_secs(1);
        });
        let this = this.door("first/", &[token, session], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.sub_protocol = true);
        let this = this.door("bearer/", &[token], IsAuthenticated, a);
        this.doors
    }

    fn newest(self) -> Doors {
        let App {
            session,
            token,
            basic,
            jwt,
            api_key,
            rooms,
            ..
        } = self.app;
        let plain = || Current::<()>::new(rooms);
        let nobody = |groups| Current {
            knows_users: false,
            groups,
            ..plain()
        };
        let silent = |settings: &mut SocketSettings| settings.send_authentication_message = false;
        let a = self.with(nobody(&[]), silent);
        let this = self.door("open/", &[], AllowAny, a);
        let a = this.socket(plain());
        let mut this = this.door("allow/", &[session, basic], AllowAny, a);
        let single: [(&str, Classes<'_>); 6] = [
            ("session/", &[session]),
            ("token/", &[token]),
            ("basic/", &[basic]),
            ("jwt/", &[jwt]),
            ("apikey/", &[api_key]),
            ("secure/", &[token, session]),
        ];
        for (path, classes) in single {
            let socket = this.socket(plain());
            this = this.door(path, classes, IsAuthenticated, socket);
        }
        let a = this.socket(plain());
        let this = this.door("staff/", &[token], IsAdminUser, a);
        let a = this.socket(plain());
        let composed = IsAuthenticated.and(IsAdminUser.or(IsBeta));
        let this = this.door("composed/", &[token], composed, a);
        let a = this.socket(plain()).concluding(access::raise);
        let this = this.door("raises/", &[token], AllowAny, a);
        let a = this.socket(plain()).concluding(access::beta_only);
        let this = this.door("authenticator/", &[token], IsAuthenticated, a);
        let a = this.with(nobody(&[]), silent).concluding(access::sesame);
        let this = this.door("plain/", &[], AllowAny, a);
        let a = this.socket(plain()).concluding(access::crash);
        let this = this.door("authenticator-crash/", &[], AllowAny, a);
        let a = this.with(plain(), |settings| settings.send_completion = true);
        let this = this.door("completion/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.camelize = true);
        let this = this.door("camel/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.is_post = true);
        let this = this.door("post/", &[session], IsAuthenticated, a);
        let greeting = Current {
            greets: true,
            ..plain()
        };
        let a = this.socket(greeting);
        let this = this.door("welcome/", &[token], IsAuthenticated, a);
        let a = this.room(this.socket(Current::new(rooms)));
        let members = this.members();
        let this = this.door("rooms/{pk}/", &[token, session], members, a);
        let a = this.room_by_slug(this.socket(Current::new(rooms)));
        let members = this.members();
        let this = this.door("rooms-by-slug/{slug}/", &[token, session], members, a);
        let a = this.socket(plain()).concluding(access::crash);
        let this = this.door("rooms-no-queryset/{pk}/", &[token], IsAuthenticated, a);
        let a = this.with(nobody(&["open"]), silent);
        let this = this.door("open-room/", &[], AllowAny, a);
        let a = this.with(nobody(&["open"]), |settings| {
            silent(settings);
            settings.send_completion = true;
        });
        let this = this.door("open-room-completion/", &[], AllowAny, a);
        let a = this.with(plain(), |settings| settings.query_token = true);
        let this = this.door("query/", &[token, session], IsAuthenticated, a);
        let with_topics = Current {
            topics: &["room:{pk}", "open:{name}"],
            ..plain()
        };
        let a = this.socket(with_topics);
        let this = this.door("topics/", &[token, session], IsAuthenticated, a);
        let of_topic = Current {
            topics: &["room:{pk}"],
            ..plain()
        };
        let a = this.socket(of_topic).topic("room:{pk}");
        let this = this.door("topic-route/{pk}/", &[token, session], IsAuthenticated, a);
        this.doors
    }

    fn contract(self) -> Doors {
        let App {
            session,
            token,
            jwt,
            ..
        } = self.app;
        let plain = Legacy::<()>::default;
        let rate = |count, seconds| Rate {
            count,
            per: Duration::from_secs(seconds),
        };
        let mut this = self;
        let single: [(&str, Classes<'_>); 3] = [
            ("session/", &[session]),
            ("token/", &[token]),
            ("jwt/", &[jwt]),
        ];
        for (path, classes) in single {
            let socket = this.socket(plain());
            this = this.door(path, classes, IsAuthenticated, socket);
        }
        let a = this.room(this.socket(Legacy::default()));
        let members = this.members();
        let this = this.door("rooms/{pk}/", &[token, session], members, a);
        let a = this.with(plain(), |settings| settings.sub_protocol = true);
        let this = this.door("bearer/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.first_message = true);
        let this = this.door("first/", &[token, session], IsAuthenticated, a);
        let a = this.with(plain(), |settings| {
            settings.message_rate = Some(rate(5, 10))
        });
        let this = this.door("limited/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.connection_rate = rate(3, 60));
        let a = a.limits(ConnectionLimits::default());
        let this = this.door("few/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| settings.sockets_per_user = 2);
        let a = a.limits(ConnectionLimits::default());
        let this = this.door("two-at-once/", &[token], IsAuthenticated, a);
        let a = this.with(plain(), |settings| {
            settings.ping_interval = Duration::from_millis(200);
            settings.pong_timeout = Duration::from_millis(600);
        });
        let this = this.door("impatient/", &[token], IsAuthenticated, a);
        this.doors
    }
}

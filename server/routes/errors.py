"""THE table from Problem to HTTP: status and sentences; answered as problem+json or as a page."""

from __future__ import annotations

import errno
import json
import re
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from server.domain import actions as a
from server.domain import appeals, deciding, imports, input_sorts, masks, rescue
from server.domain import closing as cl
from server.domain import draft_errors as d
from server.domain import errors as e
from server.domain import feeds as f
from server.domain import people as pe
from server.domain import period_reports as pr
from server.domain import plan_reminders as pl
from server.domain import publishing as p
from server.domain import rechecks as r
from server.domain import review as rv
from server.domain import settlements as st
from server.domain import tables as tb
from server.domain import tracking as tk
from server.domain import trials as tr
from server.domain import voice as v
from server.domain import webhooks as w
from server.domain.errors import Fault, Problem
from server.domain.findings import sentence as sentence_of

# code → (status, title, sentence); both in Chinese, the source language of the catalogue. Facts fill the braces.
TABLE: dict[type[Problem], tuple[int, str, str]] = {
    e.NotSignedIn: (401, "请先登录", "登录已过期或尚未登录，请重新登录。"),
    e.WrongPassword: (401, "用户名或密码不对", "用户名或密码不对，请再试一次。"),
    e.LoginLocked: (429, "登录暂时锁定", "错误次数太多，请在 {retry_after}后再试。"),
    e.NotAllowed: (403, "没有权限", "您的角色不能做这件事。"),
    e.ForeignRequest: (403, "请求来源不对", "这个请求不是从本系统的页面发出的，请刷新页面后重试。"),
    e.NotFound: (404, "没有找到", "没有这个内容，或者您看不到它。"),
    e.WrongDocument: (422, "内容有误", "有 {count} 处内容不对，什么都没有保存。"),
    e.BodyCut: (400, "数据没有传完", "应收到 {announced} 字节，只收到 {arrived} 字节，请重发。"),
    e.TooLarge: (413, "内容太大", "内容超过了 {limit} 字节的上限。"),
    e.VisitEtagOld: (412, "服务器上有更新的版本", "这份检查在别处改过，两份都已保留，请选择。"),
    e.EtagMissing: (428, "缺少版本标记", "保存时要说明依据哪一版（If-Match 或 If-None-Match）。"),
    e.VisitStateForbids: (409, "当前状态不允许", "这份检查现在的状态不允许这样做。"),
    e.VisitIncomplete: (422, "还有内容没填", "还有 {count} 项没有完成，已存为草稿。"),
    e.VisitNotYours: (403, "不是您的检查", "这份检查属于别人。"),
    e.UnknownChecklist: (422, "没有这个检查表版本", "服务器上没有这个检查表版本。"),
    e.UploadOffsetWrong: (409, "续传位置不对", "服务器已收到 {offset} 字节，请从那里继续。"),
    e.UploadGone: (410, "上传已过期", "这次上传已过期，请重新上传。"),
    e.UploadBusy: (423, "正在接收", "同一个文件正在接收，请稍后再试。"),
    e.UploadMetadataWrong: (422, "上传说明有误", "上传说明里的 {field_name} 不对。"),
    e.TusVersionWrong: (412, "上传协议版本不对", "服务器只支持 tus 1.0.0。"),
    e.NotBuilt: (503, "手机端还没有构建", "手机端还没有构建，请运行 make serve。"),
    e.StorageFull: (507, "服务器磁盘已满", "服务器磁盘已满，没有收下；已收下的都还在。请稍后重试。"),
    e.ChecksumWrong: (460, "校验和不符", "收到的数据与校验和不符，请重发这一段。"),
    e.PhotoHashWrong: (422, "照片内容与名称不符", "照片的内容与它的指纹不符，没有保存。"),
    e.PhotoUnreadable: (422, "不是可用的图片", "这个文件不是能打开的图片，没有保存。"),
    pl.ReminderUnknown: (
        404,
        "没有这项交流会或培训",
        "现在不要求这个单位办这项交流会或培训，只能登记本期和上一期的。",
    ),
    pl.ReminderDayWrong: (422, "日期不对", "日期要在 {first} 到 {last} 之间，不能是将来。"),
    v.VoiceNotesOff: (422, "不收录音", "本单位没有登记录音的书面依据，不收语音备忘；其余内容照常提交。"),
    v.SoundUnreadable: (422, "不是可用的录音", "这个文件不是 AAC 或 Opus 录音，没有保存。"),
    v.FileExpired: (410, "文件已到期删除", "这个文件已按规定到期删除，只留下它的指纹。"),
    e.AssignmentStateForbids: (409, "任务状态不允许", "任务现在的状态不允许这样答复。"),
    e.PhotoTooLarge: (413, "照片太大", "照片超过了 {limit} 字节的上限，没有保存。"),
    e.PhotoTooManyPixels: (422, "照片像素太多", "照片超过了 {megapixels} 百万像素的上限，没有保存。"),
    e.TooManyPhotos: (422, "照片太多", "一次检查最多 {limit} 张照片。"),
    e.OwnVisit: (409, "不能审核自己的检查", "自己做的检查要由别人审核。"),
    e.SameReviewer: (409, "要由另一个人复审", "复审要由初审以外的人来做。"),
    e.RevisionOld: (409, "检查已有新版本", "您看的这一版不是最新的，请刷新后再审。"),
    e.ReasonMissing: (422, "请写明理由", "这一步要写明理由，不能留空。"),
    rv.RoundOver: (
        409,
        "已经进入下一轮审核",
        "您打开以后别人作了决定，现在是第 {round} 轮审核。请刷新后再看，您写的内容还在。",
    ),
    rv.ReturnDueWrong: (422, "更正期限不对", "更正期限要在现在之后、{days} 天之内。"),
    rv.StillChecked: (409, "还在核对", "照片和数据还在自动核对，通常几秒钟就好；核对完才能通过。"),
    e.VoidingAnswer: (409, "这份检查不能通过", "有使检查作废的回答（如被认出），只能作废或退回。"),
    e.ProofAwaited: (409, "还有待补的证明", "还有 {count} 项要事后补证，补齐或过期后才能通过。"),
    e.ReportNotReady: (404, "报告还没有做好", "报告正在生成，请稍后再来。"),
    p.ReportNotDue: (
        404,
        "还没有报告",
        "这次检查还没有报告：内部版在审核通过时签发，网点版在发布时签发。",
    ),
    e.StorageBusy: (503, "服务器正忙", "服务器正忙，数据没有丢，请稍后重试。"),
    e.NameTaken: (409, "名称已被使用", "这个名称或编码已经有了。"),
    e.NameWrong: (422, "名字不能用", "姓名要有 1 到 {most} 个字，前后不留空白。"),
    pe.UsernameWrong: (422, "名字不能用", "用户名要有 1 到 {most} 个字，不能有空格。"),
    e.UnknownUser: (404, "没有这个用户", "没有用户名为 {username} 的用户。"),
    pe.UserDisabled: (409, "用户已停用", "用户 {username} 已停用，要先恢复（xunting user enable）。"),
    e.UnknownPlace: (404, "没有这个地方", "没有编码为 {place} 的网点或单位。"),
    e.PlaceMissing: (422, "缺少所属", "角色 {role} 要指明所属的网点或单位。"),
    pe.PlaceNotForRole: (
        422,
        "所属不对",
        "角色 {role} 不能属于 {place}：厅经理属于自有营业厅，代办业主属于代理网点，片区经理属于片区，分公司管理员属于市或县公司。",
    ),
    pe.OutletNotTheirs: (
        422,
        "不是他的网点",
        "网点 {outlet} 不归用户 {username}：厅经理只查自己的厅，片区经理和分公司管理员只查自己辖区里的网点。",
    ),
    e.PasswordTooShort: (422, "密码太短", "密码至少要 {least} 个字符。"),
    e.KindNotForRole: (422, "角色不做这种检查", "角色 {role} 不做 {kind} 这种检查。"),
    e.ChecklistNotForOutlet: (422, "检查表不适用", "检查表 {checklist} 不用于 {tier} 网点的 {kind} 检查。"),
    e.WindowWrong: (422, "日期不对", "任务的结束日期要不早于开始日期，也不能已经过去。"),
    e.RotationForbids: (
        409,
        "违反轮换规定",
        "这位检查员 {last} 去过网点 {outlet}，{days} 天内不能再去；确有必要请写明理由（--reason）。",
    ),
    pe.RotationPlanned: (
        409,
        "违反轮换规定",
        "已安排这位检查员 {last} 起去网点 {outlet}，前后 {days} 天内不能再安排；确有必要请写明理由（--reason）。",
    ),
    cl.PeriodUnknown: (422, "没有这个周期", "周期写作 2026-11、2026-Q4、2026-H2 或 2026。"),
    cl.PeriodStateForbids: (
        409,
        "周期现在的状态不允许",
        "这个周期现在的状态不允许这一步，可能别人刚刚处理过，请刷新后再看。",
    ),
    cl.PeriodRuns: (409, "周期还没有结束", "这个周期到 {last} 才结束。"),
    cl.PeriodNotRated: (
        422,
        "这个周期没有单独的结果",
        "按这个周期的规则，星级和类别都不是按年评定的，年度没有单独的结果可算。",
    ),
    cl.PeriodStandsOpen: (409, "公示期还没有结束", "公示到 {until} 24:00 为止，之后才能发布。"),
    cl.PeriodComputedMeanwhile: (
        409,
        "别人也在计算这个周期",
        "有人同时在计算这个周期，并且先算完了，这一次的结果没有采用。请看一下现在的结果，需要时再算一次。",
    ),
    cl.VisitsUnpublished: (
        409,
        "还有暗访没有发布",
        "有 {count} 次计入的暗访还没有向网点发布，先发布它们，得分才不会提前泄露。",
    ),
    cl.PeriodOutdated: (
        409,
        "结果比数据旧",
        "算出以后，所用的数据又变了（{periods}）：先重新计算，已发布的先重开。",
    ),
    cl.PartsNotClosed: (409, "所用的周期还没有关账", "先把这些周期关账：{periods}。"),
    cl.PeriodBuiltOn: (
        409,
        "后面的周期已经用了它",
        "这些已关账的周期是由它算出的，要先重开它们：{periods}。",
    ),
    cl.FourEyes: (409, "要由另一个人同意", "提出重开的人不能自己同意，请另一位同事来处理。"),
    cl.ReopeningAsked: (409, "已经有人提出重开", "这个周期已有人提出重开，先由另一位同事同意或不同意。"),
    cl.PeriodClosed: (409, "周期已关账", "周期 {period} 已关账，不能再改它所用的数据。"),
    masks.PhotosNotLooked: (
        409,
        "还在找人脸",
        "还有 {count} 张照片没有找过人脸，请过一会儿再全部放行，或者逐张放行。",
    ),
    masks.PhotoShown: (409, "网点已经看到", "检查已经发布，不能撤回放行；可以改为不放行。"),
    masks.PhotoNotMaskable: (409, "照片打不开", "这张照片打不开，没法遮挡，不能放行。"),
    p.TooManyAtOnce: (422, "一次太多", "一次最多发布 {limit} 次检查。"),
    p.NothingChosen: (422, "没有选检查", "请先选要发布的检查。"),
    imports.TriedFileGone: (
        410,
        "文件已不在",
        "试算过的文件已不在，或者之后又试算了别的文件。请重新选择文件试算。",
    ),
    input_sorts.VetoUnknown: (422, "没有登记", "那一天没有编号为“{veto}”的否决项，或者日期还没有到。"),
    input_sorts.VetoThere: (409, "已经登记过", "这个网点当天的这一否决事件已经登记过（也可能已撤回）。"),
    input_sorts.VetoTakenBack: (409, "已经撤回", "这一否决事件已经撤回。"),
    st.CommissionNotPublished: (
        409,
        "还没有发布",
        "{month} 的综合评价还没有发布（或正在重新计算），不能计算佣金。",
    ),
    st.CommissionClosed: (409, "已经关账", "{month} 的佣金已经关账，不能重算；差额会在下个月结清。"),
    st.CommissionEarlierOpen: (409, "前面的月份还没有关账", "请先给 {month} 的佣金关账。"),
    st.CommissionStale: (
        409,
        "数据有变",
        "计算以后，综合评价、否决事件或人员名单变了。请重新计算并核对，再关账。",
    ),
    st.SamePayer: (409, "要由另一个人关账", "这个月是您计算的，要由另一个人核对并关账。"),
    tk.WeakItemNotOpen: (409, "不在跟踪中", "这个服务弱项已关闭或撤销，不能再改。"),
    tk.WeakItemChanged: (409, "别人刚刚改过", "您打开以后别人改过这个服务弱项，请看过现在的内容再改。"),
    tk.OwnerElsewhere: (422, "负责人不对", "负责人要是本单位的管理员或片区经理。"),
    tk.MeasureWrong: (422, "措施没有写全", "第 {number} 条措施要写明做什么和完成日期。"),
    tk.MeasurePast: (
        422,
        "完成日期已经过去",
        "第 {number} 条措施的完成日期 {day} 已经过去，请填今天或以后的日期。",
    ),
    tk.NothingToTrack: (
        409,
        "没有可跟踪的弱项",
        "最近发布的季度里，这个单位没有服务弱项，或不是县公司、片区。",
    ),
    tk.MeasureTooMany: (422, "措施太多", "最多 {limit} 条措施。"),
    deciding.DecisionStateForbids: (
        409,
        "当前状态不允许",
        "这项决定现在的状态不允许这样做，可能别人刚处理过，请刷新。",
    ),
    deciding.DecisionRewritten: (
        409,
        "建议已按新的结果改写",
        "您打开页面以后，这项建议或它的依据已按新的结果改写。请看过现在的依据再决定。",
    ),
    deciding.DecisionImpossible: (422, "不能这样决定", "这个网点现在的层级、类别或状态不能作这样的决定。"),
    deciding.DecisionOutdated: (
        409,
        "网点已有变动",
        "提出建议之后网点的层级、类别或状态变了，不能再批准，请否决或撤回。",
    ),
    deciding.ProposerDecides: (409, "要由另一个人决定", "您自己提出的建议要由另一个人决定。"),
    deciding.EffectiveDayWrong: (422, "生效日期不对", "请填生效日期，最早 {first}，最晚 {last}。"),
    deciding.EffectiveDayWithin: (
        422,
        "要从月初生效",
        "层级和类别决定整月的基数，只能从某月 1 日起生效，最早 {first}。",
    ),
    deciding.DecisionVetoesChanged: (
        409,
        "否决事件有变动",
        "提出建议之后，这个网点的否决事件有增减。请先按已发布的结果重新查找建议，再决定。",
    ),
    deciding.DecisionPeriodReopened: (
        409,
        "周期正在重算",
        "{period} 已重新打开，结果再次公布以后才能批准由它提出的建议。",
    ),
    tr.PeriodAhead: (422, "周期还没有开始", "{period} 还没有开始，没有事实可以试算。"),
    tb.TableTooLong: (422, "行数太多", "超过 {limit} 行，做不成一个文件。请先缩小筛选范围，或使用数据接口。"),
    f.FilterWrong: (400, "请求看不懂", "{option}：{why}"),
    f.OptionUnsupported: (501, "不支持", "{option}：{why}"),
    f.TooManyTokens: (409, "令牌太多", "一个人最多 {most} 个令牌，请先停用不用的。"),
    rescue.RescueNone: (422, "不是代发文件", "这个文件不是手机打包的代发文件，什么都没有保存。"),
    rescue.RescueKeyUnknown: (422, "打不开这个代发文件", "这个代发文件不是给本系统的，什么都没有保存。"),
    rescue.RescueDamaged: (
        422,
        "代发文件已损坏",
        "代发文件不完整或被改动过，什么都没有保存。请让同事重新打包或重新发送。",
    ),
    rescue.RescueForged: (422, "代发文件不可信", "不能证明这个文件出自该检查人的手机，什么都没有保存。"),
    r.RecheckUnnamed: (
        422,
        "复查要指明原检查",
        "复查任务要指明复查哪次检查（--recheck-of），其他任务不能指明。",
    ),
    r.RecheckUnfit: (
        422,
        "没有可以复查的检查",
        "网点 {outlet} 没有编号为 {visit}、用检查表 {checklist} 做并已通过审核的检查。",
    ),
    r.RecheckSecret: (409, "还不能复查", "检查 {visit} 还没有发布，发布以前不能交给 {username} 复查。"),
    a.ActionStateForbids: (409, "当前状态不允许", "这张整改单现在的状态不允许这样做。"),
    a.ActionEtagOld: (412, "整改单已有变化", "打开以后，这张整改单被别人处理过，请看过现在的内容再决定。"),
    a.OwnAnswer: (409, "要由另一个人验收", "答复这张整改单的人不能自己验收。"),
    a.LevelAbove: (403, "要由上一级验收", "这张整改单已升级督办，要由那一级或更上一级的人验收。"),
    a.AnswerEmpty: (422, "答复是空的", "请写一句怎么整改的，或附一张照片。"),
    a.WhyMissing: (422, "请写明理由", "退回或撤销整改单要写明理由。"),
    a.DueWrong: (422, "期限不对", "整改期限要从今天起、一年之内。"),
    a.RecordFileUnfit: (422, "这种文件不能用", "整改证明要用照片；PDF 只有申诉能用。"),
    a.RecordNotYours: (403, "不能添加文件", "这份记录属于别人，或者已经不收文件了。"),
    appeals.AppealLate: (
        409,
        "申诉期限已过",
        "申诉期限到 {until} 24:00 为止，已经过了。没有申诉的结果视为认可。",
    ),
    appeals.AppealTwice: (409, "这一项已经申诉过", "每一项只能申诉 {limit} 次，请看已有的那件申诉。"),
    appeals.NothingLost: (
        422,
        "这一项没有失分",
        "{item} 没有失分，改判也不会改变结果；只能申诉失了分的检查项。",
    ),
    appeals.NotInForce: (
        409,
        "不是现行的结果",
        "这份结果不是现行有效的：已作废、已被新的结果替代，或者没有发布。请从检查列表重新打开。",
    ),
    appeals.AlreadyAcknowledged: (409, "结果已经确认", "网点已经确认了这份检查的结果，不能再申诉。"),
    appeals.AppealRuns: (409, "申诉还没有答复", "这份检查有申诉还没有答复，答复后才能确认结果。"),
    appeals.OwnInspection: (409, "不能申诉自己做的检查", "这份检查是您自己做的，不能由您申诉。"),
    appeals.ProofMissing: (422, "缺少证明", "申诉除了理由，还要附上照片或 PDF 作为证明。"),
    appeals.AppealStateForbids: (
        409,
        "申诉的状态已经变了",
        "这件申诉现在的状态不允许这样做，可能别人刚刚答复过。请刷新后再看。",
    ),
    appeals.AppealEtagOld: (412, "服务器上有更新的版本", "这件申诉在别处改过，请看服务器上的内容后再决定。"),
    appeals.OwnJudgement: (
        409,
        "要由另一个人答复",
        "审核过或做过这次检查的人、初次答复的人，不能答复这件申诉。",
    ),
    appeals.NothingGained: (
        422,
        "这样改判没有用处",
        "这样改后 {item} 的得分没有变好，总分反而变低，或者有检查项没有回答。不成立的请维持原判。",
    ),
    d.WrongStandard: (422, "内容有误", "有 {count} 处问题，什么都没有保存。"),
    d.DraftExists: (409, "已有草稿", "{author} 正在修改 {standard}，请在那份草稿上继续，或先作废它。"),
    d.DraftChanged: (409, "草稿已被修改", "打开页面以后，{author} 改过这份草稿，请刷新后再试。"),
    d.OtherStandard: (
        409,
        "不是同一张表",
        "这份草稿是 {standard} 的，文件却是 {found} 的；请从检查表目录导入。",
    ),
    d.DraftStateForbids: (409, "当前状态不允许", "这份草稿现在的状态不允许这样做。"),
    d.DraftOutdated: (
        409,
        "已有更新的版本",
        "起草以后已经发布了第 {version} 版，请在它的基础上重新保存草稿。",
    ),
    d.NothingChanged: (409, "没有改动", "草稿与第 {version} 版完全一样，不需要发布。"),
    d.NoteMissing: (422, "请写明修改说明", "新版本要写一句话说明为什么修改。"),
    d.OwnProposal: (409, "要由另一个人确认", "起草或提请发布的人不能自己确认发布。"),
    d.RulesInForce: (409, "规则已经生效", "这一版从 {valid_from} 起生效，不能撤回；请另发新版。"),
    w.WebhookAddressWrong: (
        422,
        "地址不能用",
        "地址要以 https:// 开头，不能带用户名和密码，也不能指向内网。",
    ),
    pr.PeriodWrong: (422, "周期不对", "周期要写成月（2026-11）或季度（2026-Q4），与报告的类型一致。"),
    pr.PeriodRuns: (409, "期间还没有结束", "{period} 还没有结束，现在只能看草稿，结束以后才能签发。"),
    pr.DraftNotReady: (409, "草稿还没有生成好", "草稿还在生成，或者没有生成成功，请回到生成报告的页面查看。"),
    pr.ReportContested: (409, "别人正在签发同一份报告", "别人正在签发同一份报告，内容不断变动，请稍后再试。"),
    pr.DraftExpired: (410, "草稿已到期删除", "草稿已到期删除，请重新生成。"),
    pr.FolderEmpty: (422, "没有可打包的报告", "没有符合条件、可以签发报告的检查，请换个条件。"),
    pr.FolderTooLarge: (422, "报告太多", "符合条件的有 {count} 份，一次最多 {most} 份，请缩小范围。"),
    pr.FolderNotReady: (409, "还没有打包好", "这些报告还在打包，请稍后再来。"),
    pr.FolderExpired: (410, "压缩包已到期删除", "压缩包已到期删除，需要时请重新打包。"),
    d.AlreadyRetired: (409, "已经停用", "这个版本已经停用。"),
}

# Pydantic's kinds of fault as sentences; what is not here gets the last one.
FAULTS: dict[str, str] = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这个字段。",
    "json_invalid": "不是正确的 JSON。",
    "string_type": "要是文字。",
    "int_type": "要是整数。",
    "int_from_float": "要是整数，不能带小数。",
    "string_too_long": "文字太长，最多 {max_length} 个字符。",
    "string_pattern_mismatch": "格式不对。",
    "enum": "不是允许的值：{expected}",
    "literal_error": "不是允许的值：{expected}",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "timezone_aware": "时刻要带时区。",
    "bool_type": "要是 true 或 false。",
    "float_type": "要是数。",
    "no_type": "这里不能是这种值；整数要写成不带小数点的数。",
    "model_type": "要是 JSON 对象。",
    "dict_type": "要是 JSON 对象。",
    "list_type": "要是 JSON 数组。",
    "tuple_type": "要是 JSON 数组。",
    "key_twice": "这一项写了两次。",
    "checklist_unknown": "服务器上没有这个检查表版本。",
    "photos_too_many": "一次检查最多 {limit} 张照片。",
    "voice_off": "本单位没有登记录音的书面依据，不收语音备忘。",
    "datetime_type": "不是正确的时刻，要写成 2026-11-21T10:30:00+08:00 这样。",
    "datetime_parsing": "不是正确的时刻，要写成 2026-11-21T10:30:00+08:00 这样。",
    "date_type": "不是正确的日期，要写成 2026-11-21 这样。",
    "date_parsing": "不是正确的日期，要写成 2026-11-21 这样。",
    "year_impossible": "年份要在 {first} 到 {last} 之间。",
    "file_two_kinds": "同一个文件不能既是“{kind}”又是“{other}”。",
    "part_differs": "与任务要求的时段不同。",
    "nul_character": "文字里有不能保存的字符（NUL）。",
    "too_long": "最多 {max_length} 项。",
    "not_for_visit": "与这次检查不符。",
    "never_changes": "检查开始后不能再改。",
    "id_differs": "与地址里的编号不一致。",
    "answer_unknown_item": "检查表里没有 {item} 这一项。",
    "answer_na_refused": "{item} 不能答“不适用”。",
    "answer_pending_refused": "{item} 不能留到事后补。",
    "answer_pending_with_value": "{item} 已有回答，不能又待补。",
    "answer_value": "{item} 的回答只能是：{allowed}",
    "unsigned_inspector": "检查人还没有签名。",
    "unsigned_outlet": "网点人员还没有签名；对方不签的，请写明原因。",
    "password_wrong": "现在的密码不对。",
    "password_same": "新密码要和现在的不一样。",
    "ended_before_begun": "结束时间早于开始时间。",
    "only_sound": "只有录音才有这一项。",
    "too_large_document": "检查内容太大。",
    "proof_too_late": "{item} 已超过补证时限，按不适用计。",
}
OTHER_FAULT = "内容不对。"
_NAMED = re.compile(r"\{(\w+)\}")

# HTTP errors that Flask raises by itself.
HTTP_TITLES = {
    400: "请求有误",
    404: "没有找到",
    405: "不支持这种请求",
    413: "内容太大",
    415: "类型不对",
    500: "出错了",
}
HTTP_TEXTS = {
    404: "没有这个地址。",
    405: "这个地址不支持这种请求。",
    415: "内容的类型（Content-Type）不对。",
    500: "服务器出错了，数据没有丢。请稍后重试；如果一直这样，请把编号 {request_id} 告诉管理员。",
}


def install(app: Flask) -> None:
    """Answer every Problem and every HTTP error by the tables."""
    app.register_error_handler(Problem, of_problem)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_bug)


def of_problem(problem: Problem) -> Response:
    """A Problem as the response that the table gives it."""
    status, title, sentence = TABLE[type(problem)]
    facts = problem.facts()
    if "facts_of_why" in facts:
        facts["why"] = filled(facts["why"], facts.pop("facts_of_why") or {})
    body = {name: value for name, value in facts.items() if name not in ("faults", "findings")}
    faults, findings = facts.get("faults", ()), facts.get("findings", ())
    facts["count"] = len(faults) + len(findings) + len(facts.get("missing", facts.get("items", ())))
    body["errors"] = [
        *({"pointer": fault.pointer, "detail": fault_text(fault)} for fault in faults),
        *({"pointer": each.path, "detail": sentence_of(each, g.get("language", "zh"))} for each in findings),
    ]
    response = _answer(problem.code, status, title, sentence, _worded(facts), body)
    if "retry_after" in facts:
        response.headers["Retry-After"] = str(facts["retry_after"])
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def title_of(code: str) -> str:
    """The title of the Problem with this code, in Chinese."""
    return next((title for problem, (_, title, _) in TABLE.items() if problem.code == code), "")


def of_http(error: HTTPException) -> Response:
    """One of Flask's own errors in the same shape; keeps headers such as Allow."""
    status = error.code or 500
    made = error.get_response()
    if status < 400:
        return Response(made.get_data(), status, dict(made.headers))
    response = _answer(
        f"http-{status}", status, HTTP_TITLES.get(status, "请求有误"), HTTP_TEXTS.get(status, ""), {}, {}
    )
    for name, value in made.headers:
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def of_bug(error: Exception) -> Response:
    """Anything else is our mistake: logged whole, told in words, with the number to ask for."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        # A form with a large file is laid on the disk before any use case hears of it.
        return of_problem(e.StorageFull())
    current_app.logger.exception("unexpected error", exc_info=error)
    return _answer(
        "http-500", 500, HTTP_TITLES[500], HTTP_TEXTS[500], {"request_id": g.get("request_id", "")}, {}
    )


def fault_text(fault: Fault) -> str:
    """A fault as a sentence in the user's language."""
    return filled(
        FAULTS.get(fault.message, fault.message if " " in fault.message else OTHER_FAULT), fault.facts
    )


def problem_text(problem: Problem) -> str:
    """The sentence of a Problem, for a page that shows it beside what was typed."""
    return filled(TABLE[type(problem)][2], {"count": 1, **_worded(problem.facts())})


def _worded(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with a wait in words, from a minute on in whole minutes: rather too long than too short."""
    if "retry_after" not in facts:
        return facts
    wait = facts["retry_after"]
    in_words = filled("{n} 秒", {"n": wait}) if wait < 60 else filled("{n} 分钟", {"n": (wait + 59) // 60})
    return {**facts, "retry_after": in_words}


def filled(sentence: str, facts: dict[str, Any]) -> str:
    """A sentence of the catalogue with its facts; braces inside a fact stay as they are."""
    text: str = g.get("translate", str)(sentence)
    return _NAMED.sub(lambda found: str(facts.get(found[1], found[0])), text)


def _answer(
    code: str, status: int, title: str, sentence: str, facts: dict[str, Any], body: dict[str, Any]
) -> Response:
    words = {"title": filled(title, facts), "detail": filled(sentence, facts)}
    if request.path.startswith("/odata"):
        told = {"error": {"code": code, "message": words["detail"] or words["title"]}}
        return _challenged(
            Response(json.dumps(told, ensure_ascii=False), status, mimetype="application/json")
        )
    if request.path.startswith("/feeds/"):
        told = {"type": f"/problems/{code}", **words, "status": status, **body}
        made = Response(json.dumps(told, ensure_ascii=False, default=str), status)
        made.mimetype = "application/problem+json"
        return _challenged(made)
    if not request.path.startswith("/api/") and request.accept_mimetypes.best_match(
        ["text/html", "application/json"]
    ) in ("text/html", None):
        return Response(
            render_template("problem.html", status=status, code=code, told=body.get("errors", ()), **words),
            status,
            mimetype="text/html",
        )
    return Response(
        json.dumps(
            {"type": f"/problems/{code}", **words, "status": status, **body}, ensure_ascii=False, default=str
        ),
        status,
        mimetype="application/problem+json",
    )


def _challenged(response: Response) -> Response:
    """Spreadsheets ask for name and password only where a server says how to send them."""
    if request.path.startswith("/odata"):
        response.headers["OData-Version"] = "4.0"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Xunting feeds", charset="UTF-8"'
    return response

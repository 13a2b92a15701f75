"""Forms that have nothing to do with 双报到, as data: what is asked for, in which layout. For drafting definitions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ask:
    """One thing a form asks for; ``what`` says how it is filled in (see ``taught.py``)."""

    label: str
    type: str
    what: str = ""
    options: tuple[str, ...] = ()
    many: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Spec:
    """A form: its title, what it asks, the headings of its rows if it has a list."""

    name: str
    title: str
    asks: tuple[Ask, ...]
    columns: tuple[Ask, ...] = ()
    layouts: tuple[str, ...] = field(default=("ruled", "blanks", "colons", "cards"))


def _text(label: str, what: str, wide: bool = False) -> Ask:
    return Ask(label, "text", what, wide=wide)


def _boxes(label: str, *options: str, many: bool = False) -> Ask:
    return Ask(label, "checkboxes", "", options, many, wide=True)


#: Forms that the drafting was developed on.
DEVELOPMENT = (
    Spec(
        "book_loan",
        "图书借阅登记表",
        (
            Ask("读者姓名", "name"),
            Ask("借书证号", "code", "TS"),
            Ask("联系电话", "phone"),
            Ask("身份证号", "id_number"),
            Ask("借阅日期", "date"),
            Ask("应还日期", "date"),
            _text("书名", "book", True),
            Ask("册数", "number", "1 9"),
            _boxes("图书状况", "完好", "轻微磨损", "破损"),
            _text("备注", "remark", True),
            Ask("读者签字", "signature"),
        ),
    ),
    Spec(
        "repair",
        "物业报修单",
        (
            Ask("业主姓名", "name"),
            Ask("联系方式", "phone"),
            _text("房屋地址", "address", True),
            Ask("报修时间", "date"),
            _boxes("报修类别", "水路", "电路", "门窗", "管道", "其他", many=True),
            _text("故障描述", "fault", True),
            Ask("维修人员", "name"),
            Ask("完成日期", "date"),
            Ask("维修费用", "number", "10 600"),
            _boxes("满意度", "满意", "一般", "不满意"),
            Ask("业主签名", "signature"),
            Ask("物业盖章", "seal"),
        ),
    ),
    Spec(
        "supplies",
        "办公用品领用单",
        (
            Ask("领用部门", "text", "department"),
            Ask("领用日期", "date"),
            Ask("经办人", "name"),
            Ask("部门盖章", "seal"),
        ),
        (
            Ask("序号", "number"),
            _text("品名", "goods"),
            _text("规格型号", "model"),
            Ask("数量", "number", "1 60"),
            Ask("单价", "number", "2 300"),
            _text("用途", "use"),
        ),
        ("rows",),
    ),
    Spec(
        "hall",
        "活动场地使用申请表",
        (
            _text("申请单位", "unit", True),
            Ask("负责人", "name"),
            Ask("手机号码", "phone"),
            Ask("使用日期", "date"),
            Ask("参加人数", "number", "5 200"),
            _boxes("场地类型", "会议室", "多功能厅", "操场"),
            _text("活动内容", "event", True),
            _text("所需设备", "goods"),
            Ask("申请日期", "date"),
            Ask("单位公章", "seal"),
        ),
    ),
)

#: Forms whose figures are reported; nothing was tuned on them.
HELD_OUT = (
    Spec(
        "visitor",
        "来访人员登记表",
        (
            Ask("来访人姓名", "name"),
            Ask("性别", "choice", "gender"),
            Ask("证件号码", "id_number"),
            Ask("手机", "phone"),
            _text("来访单位", "unit", True),
            Ask("随行人数", "number", "0 9"),
            Ask("被访人", "name"),
            _text("被访部门", "department"),
            _boxes("来访事由", "公务", "面试", "送货", "维修", "其他"),
            Ask("来访日期", "date"),
            Ask("车牌号", "code", "鲁H"),
            Ask("值班人员签字", "signature"),
        ),
    ),
    Spec(
        "leave",
        "学生请假审批表",
        (
            Ask("学生姓名", "name"),
            Ask("学号", "code", "XS"),
            _text("年级班级", "grade"),
            Ask("家长电话", "phone"),
            _boxes("请假类型", "病假", "事假", "公假"),
            Ask("开始日期", "date"),
            Ask("返校日期", "date"),
            Ask("请假天数", "number", "1 15"),
            _text("请假原因", "reason", True),
            _text("班主任意见", "opinion", True),
            Ask("家长签名", "signature"),
            Ask("学校盖章", "seal"),
        ),
    ),
    Spec(
        "checkup",
        "健康体检登记卡",
        (
            Ask("姓名", "name"),
            Ask("性别", "choice", "gender"),
            Ask("出生日期", "date"),
            Ask("身份证号码", "id_number"),
            Ask("联系电话", "phone"),
            Ask("身高", "number", "150 190"),
            Ask("体重", "number", "42 95"),
            _text("家庭住址", "address", True),
            _text("既往病史", "illness", True),
            _boxes("血型", "A型", "B型", "AB型", "O型"),
            Ask("体检日期", "date"),
            Ask("主检医师签字", "signature"),
        ),
    ),
    Spec(
        "vehicle",
        "公务用车申请单",
        (
            _text("用车部门", "department"),
            Ask("用车人", "name"),
            Ask("联系电话", "phone"),
            Ask("出车日期", "date"),
            Ask("乘车人数", "number", "1 7"),
            _text("目的地", "address", True),
            _text("用车事由", "event", True),
            Ask("驾驶员", "name"),
            Ask("车辆牌照", "code", "鲁H"),
            Ask("行驶里程", "number", "12 800"),
            _boxes("车型", "轿车", "商务车", "客车"),
            Ask("审批人签字", "signature"),
            Ask("单位盖章", "seal"),
        ),
    ),
    Spec(
        "pets",
        "居民养犬登记表",
        (
            Ask("犬主姓名", "name"),
            Ask("公民身份号码", "id_number"),
            Ask("移动电话", "phone"),
            _text("居住地址", "address", True),
            _text("犬只品种", "breed"),
            Ask("犬只年龄", "number", "1 14"),
            _boxes("犬只性别", "公", "母"),
            _boxes("是否绝育", "是", "否"),
            Ask("免疫证号", "code", "MY"),
            Ask("免疫日期", "date"),
            Ask("登记日期", "date"),
            Ask("登记机关盖章", "seal"),
        ),
    ),
    Spec(
        "purchase",
        "物资采购申请单",
        (
            Ask("申请部门", "text", "department"),
            Ask("申请人", "name"),
            Ask("申请日期", "date"),
            Ask("采购单号", "code", "CG"),
            Ask("部门负责人签字", "signature"),
            Ask("单位公章", "seal"),
        ),
        (
            Ask("序号", "number"),
            _text("物资名称", "goods"),
            _text("规格", "model"),
            Ask("数量", "number", "1 80"),
            Ask("预算金额", "number", "20 900"),
            _text("备注", "remark"),
        ),
        ("rows",),
    ),
    Spec(
        "training",
        "职工培训签到表",
        (_text("培训主题", "event", True), Ask("培训日期", "date"), Ask("主讲人", "name"), Ask("主办单位盖章", "seal")),
        (
            Ask("序号", "number"),
            Ask("姓名", "name"),
            _text("所在部门", "department"),
            Ask("联系电话", "phone"),
            Ask("到场日期", "date"),
        ),
        ("rows",),
    ),
)

#: The two forms that the tests teach from a blank scan to the workbook.
DEVICE_LOAN = Spec(
    "device_loan",
    "设备借用单",
    (
        Ask("借用人", "name"),
        Ask("身份证号", "id_number"),
        Ask("联系电话", "phone"),
        _text("借用部门", "department"),
        _text("设备名称", "goods"),
        Ask("数量", "number", "1 9"),
        Ask("借用日期", "date"),
        Ask("归还日期", "date"),
        _boxes("设备状况", "完好", "有划痕", "需维修"),
        _text("借用事由", "event", True),
        Ask("借用人签字", "signature"),
        Ask("管理部门盖章", "seal"),
    ),
)
CLINIC_VISIT = Spec(
    "clinic_visit",
    "社区门诊就诊登记表",
    (
        Ask("患者姓名", "name"),
        Ask("性别", "choice", "gender"),
        Ask("身份证号码", "id_number"),
        Ask("联系电话", "phone"),
        Ask("就诊日期", "date"),
        Ask("年龄", "number", "3 90"),
        _boxes("就诊类型", "初诊", "复诊", "急诊"),
        _text("主诉", "illness", True),
        _text("过敏史", "illness", True),
        Ask("接诊医师签字", "signature"),
    ),
)

WORDS = {
    "book": ("平凡的世界", "红星照耀中国", "朝花夕拾", "家常菜谱大全", "智能手机使用入门", "中国通史"),
    "remark": ("无", "已当面核对", "急用", "随后补交材料", "由同事代领"),
    "address": ("任城区建设路18号", "高新区崇文大道66号", "科苑小区3号楼502室", "济北新区创业路9号", "红星小区12号楼"),
    "fault": ("厨房水管漏水", "客厅灯不亮", "卫生间门锁损坏", "暖气不热", "窗户关不严"),
    "department": ("办公室", "财务科", "信息中心", "后勤保障部", "人事科", "宣传科", "工程部"),
    "goods": ("笔记本电脑", "投影仪", "打印纸", "签字笔", "数码相机", "移动硬盘", "文件夹", "无线话筒"),
    "model": ("A4", "X200", "大号", "S12", "500GB", "蓝色"),
    "use": ("日常办公", "会议使用", "培训教学", "活动布置"),
    "unit": ("济宁市第二中学", "高新区实验小学", "市自来水公司", "华勤建筑公司", "任城区图书馆"),
    "event": ("召开年度总结会", "消防安全培训", "新员工业务学习", "外出参加会议", "社区文艺演出", "接送来访客人"),
    "grade": ("初二3班", "高一5班", "三年级2班", "六年级1班", "高三8班"),
    "reason": ("感冒发烧去医院", "家中有急事", "参加市级比赛", "外出就医复查"),
    "opinion": ("同意请假", "情况属实同意", "同意按时返校"),
    "illness": ("无", "高血压", "头痛发热三天", "青霉素过敏", "咳嗽一周", "糖尿病"),
    "breed": ("金毛犬", "泰迪犬", "柯基犬", "边境牧羊犬", "博美犬"),
    "gender": ("男", "女"),
}

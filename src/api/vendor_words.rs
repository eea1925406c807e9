//! The enumerations of a vendor.

use super::words::words;

words! {
    /// What a vendor is to us.
    VendorRole {
        /// Handles data on our behalf.
        Processor = "Processor",
        /// Works for a processor.
        SubProcessor = "SubProcessor",
        /// Decides itself what the data is for.
        Controller = "Controller",
        /// Decides together with us.
        JointController = "JointController",
    }
}

words! {
    /// What a place is used for.
    LocationUse {
        /// Data rests there.
        Storage = "Storage",
        /// Data is worked on there.
        Processing = "Processing",
        /// Copies rest there.
        Backup = "Backup",
        /// People there can see data.
        Support = "Support",
    }
}

words! {
    /// Art. 28(3) GDPR.
    Clause {
        /// (a) on documented instructions only
        Instructions = "Instructions",
        /// (b) persons are bound to confidentiality
        Confidentiality = "Confidentiality",
        /// (c) security of processing
        Security = "Security",
        /// (d) conditions for sub-processors
        SubProcessors = "SubProcessors",
        /// (e) help with requests of data subjects
        DataSubjectRights = "DataSubjectRights",
        /// (f) help with the duties of Art. 32 to 36
        Assistance = "Assistance",
        /// (g) return or deletion at the end
        ReturnOrDeletion = "ReturnOrDeletion",
        /// (h) information and audits
        Audits = "Audits",
    }
}

words! {
    /// What an agreement says about security.
    Measure {
        /// Encryption at rest.
        EncryptionAtRest = "EncryptionAtRest",
        /// Encryption in transit.
        EncryptionInTransit = "EncryptionInTransit",
        /// Control of access.
        AccessControl = "AccessControl",
        /// Regular tests of the measures.
        RegularTesting = "RegularTesting",
    }
}

words! {
    /// What an agreement says about training models on our data.
    AiTraining {
        /// It is forbidden.
        Forbidden = "Forbidden",
        /// It is permitted.
        Permitted = "Permitted",
        /// Nothing.
        NotAddressed = "NotAddressed",
    }
}

words! {
    /// Module of decision 2021/914.
    ClauseModule {
        /// Module 1.
        ControllerToController = "ControllerToController",
        /// Module 2.
        ControllerToProcessor = "ControllerToProcessor",
        /// Module 3.
        ProcessorToProcessor = "ProcessorToProcessor",
        /// Module 4.
        ProcessorToController = "ProcessorToController",
    }
}

words! {
    /// What a transfer impact assessment came to.
    AssessmentOutcome {
        /// The law there is no obstacle.
        Acceptable = "Acceptable",
        /// Further measures make up for it.
        AcceptableWithMeasures = "AcceptableWithMeasures",
        /// Nothing makes up for it.
        Problematic = "Problematic",
    }
}

words! {
    /// What the public list of the framework says.
    FrameworkStatus {
        /// Certified.
        Active = "Active",
        /// Not certified any more.
        Inactive = "Inactive",
    }
}

words! {
    /// Which data a certification covers.
    FrameworkData {
        /// Data of employees.
        Hr = "HR",
        /// All other data.
        NonHr = "NonHR",
    }
}

words! {
    /// Art. 49 GDPR.
    DerogationGround {
        /// (1)(a)
        ExplicitConsent = "ExplicitConsent",
        /// (1)(b) and (c)
        Contract = "Contract",
        /// (1)(d)
        PublicInterest = "PublicInterest",
        /// (1)(e)
        LegalClaims = "LegalClaims",
        /// (1)(f)
        VitalInterests = "VitalInterests",
        /// (1)(g)
        PublicRegister = "PublicRegister",
        /// (1), second subparagraph
        CompellingInterests = "CompellingInterests",
    }
}

words! {
    /// Type of a SOC 2 report.
    Soc2Type {
        /// Controls at a point in time.
        I = "I",
        /// Controls over a period.
        II = "II",
    }
}

words! {
    /// What the auditor says.
    Opinion {
        /// Without reservation.
        Unqualified = "Unqualified",
        /// With exceptions.
        Qualified = "Qualified",
        /// The controls do not work.
        Adverse = "Adverse",
        /// No opinion.
        Disclaimer = "Disclaimer",
    }
}

words! {
    /// Category of a SOC 2 report.
    TrustCategory {
        /// Security.
        Security = "Security",
        /// Availability.
        Availability = "Availability",
        /// Integrity of processing.
        ProcessingIntegrity = "ProcessingIntegrity",
        /// Confidentiality.
        Confidentiality = "Confidentiality",
        /// Privacy.
        Privacy = "Privacy",
    }
}

words! {
    /// Where models run.
    ModelHosting {
        /// At the vendor.
        Vendor = "Vendor",
        /// At a third party.
        ThirdParty = "ThirdParty",
        /// In our own hands.
        SelfHosted = "SelfHosted",
    }
}
